package proxytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// answer is what the proxy said; the status is 0 if it said nothing.
type answer struct {
	status     int
	said       string
	retryAfter string
}

// send posts once.
func (h *house) send(ctx context.Context, client *http.Client, p post) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.proxyURL+p.path, strings.NewReader(p.body))
	if err != nil {
		return answer{}, err
	}
	request.Header = p.sign(h, p)
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()                                             //nolint:errcheck // an answer that is cut short is none
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/xml") { // Twilio wants a document of its own
		text, err := io.ReadAll(response.Body)
		if err == nil && string(text) != "<Response/>" {
			err = fmt.Errorf("answered with %q", text)
		}
		return answer{status: response.StatusCode, said: "taken"}, err
	}
	var document struct{ Status string }
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		return answer{}, fmt.Errorf("the answer is cut short: %w", err)
	}
	return answer{status: response.StatusCode, said: document.Status, retryAfter: response.Header.Get("Retry-After")}, nil
}

// post sends once, and says what came of it.
func (h *house) post(p post) answer {
	h.t.Helper()
	got, err := h.send(h.t.Context(), unpooled, p)
	var broken *url.Error
	if err != nil && !errors.As(err, &broken) {
		h.t.Fatal(err)
	}
	return got
}

// senders send posts as providers do: again and again until the answer is 2xx.
type senders struct {
	house   *house
	client  *http.Client
	slots   chan struct{}
	working sync.WaitGroup

	mutex  sync.Mutex
	said   counts
	wrong  counts // answers that no sender should get
	passed map[string]*passage
}

// passage is when an event was sent for the first time, and when its sender first
// heard that it was taken.
type passage struct {
	sent, taken time.Time
	stored      bool // into the inbox
}

const (
	// underWay bounds the requests of all senders at once.
	underWay = 64
	// pause is how long a sender waits before it comes again.
	pause = 200 * time.Millisecond
)

func newSenders(h *house) *senders {
	transport := &http.Transport{MaxIdleConnsPerHost: underWay}
	h.t.Cleanup(transport.CloseIdleConnections)
	return &senders{
		house: h, client: &http.Client{Timeout: 10 * time.Second, Transport: transport}, slots: make(chan struct{}, underWay), said: counts{}, wrong: counts{},
		passed: map[string]*passage{},
	}
}

// begin sends every post at its time, and again at its later times.
func (s *senders) begin(posts []post) {
	for _, p := range posts {
		s.working.Go(func() {
			for _, wait := range append([]time.Duration{p.at}, p.again...) {
				if !s.sleep(wait) || !s.untilTaken(p) {
					return
				}
			}
		})
	}
}

// wait ends when every post has been taken as often as it is sent.
func (s *senders) wait(within time.Duration) {
	s.house.t.Helper()
	done := make(chan struct{})
	go func() {
		s.working.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(within):
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.house.t.Fatalf("after %s not every post is taken: %v %v", within, s.said, s.wrong)
	}
}

func (s *senders) untilTaken(p post) bool {
	for {
		s.slots <- struct{}{}
		down := s.house.down.Load()
		s.noteSent(p)
		got, err := s.house.send(s.house.t.Context(), s.client, p)
		<-s.slots
		s.note(p, got, err, down && s.house.down.Load())
		if got.status/100 == 2 {
			s.noteTaken(p, got)
			return true
		}
		if refused := got.status/100 == 4 && got.status != http.StatusTooManyRequests; refused || !s.sleep(pause) {
			return false
		}
	}
}

func (s *senders) noteSent(p post) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, one := range p.events {
		if s.passed[one.id] == nil {
			s.passed[one.id] = &passage{sent: time.Now()}
		}
	}
}

func (s *senders) noteTaken(p post, got answer) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, one := range p.events {
		if passed := s.passed[one.id]; passed.taken.IsZero() {
			passed.taken, passed.stored = time.Now(), got.said == "stored"
		}
	}
}

func (s *senders) sleep(long time.Duration) bool {
	select {
	case <-time.After(long):
		return true
	case <-s.house.t.Context().Done():
		return false
	}
}

func (s *senders) note(p post, got answer, err error, down bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch {
	case err != nil:
		s.said["no answer"]++
	case got.status == http.StatusOK:
		s.said["200 "+got.said]++
		if down {
			s.said["events kept while Temporal was down"] += len(p.events)
		}
	case got.status == http.StatusServiceUnavailable || got.status == http.StatusTooManyRequests:
		s.said[fmt.Sprint(got.status)]++
	default:
		s.wrong[fmt.Sprintf("%s: %d %s", p.events[0].provider, got.status, got.said)]++
	}
}
