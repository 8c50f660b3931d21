package sandbox

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states of a webhook.
const (
	WebhookPending   = "pending"
	WebhookDelivered = "delivered"
	WebhookFailed    = "failed" // its sender gave up
)

// WebhookRecord is one webhook as sent to the proxy.
type WebhookRecord struct {
	ID       string    `json:"id"`
	Provider string    `json:"provider"`
	Type     string    `json:"type"`    // of a batch: comma-separated
	EventID  string    `json:"eventId"` // the provider's; of a batch: comma-separated
	State    string    `json:"state"`
	Status   int       `json:"status"` // of the last answer, 0: none
	Attempts int       `json:"attempts"`
	QueuedAt time.Time `json:"queuedAt"`
	Body     string    `json:"body"`
}

// delivery is a webhook in the queue. Target is an absolute URL or a path at
// the proxy.
type delivery struct {
	WebhookRecord
	Target      string    `json:"target"`
	ContentType string    `json:"contentType"`
	NextAt      time.Time `json:"nextAt"`
	Limit       int       `json:"limit"`   // attempts
	RetryOn     string    `json:"retryOn"` // Twilio's rp; empty: everything that is no 2xx
}

// DeliveryOptions make the network between provider and proxy worse.
type DeliveryOptions struct {
	// Duplicates is how many more times each event is sent.
	Duplicates int `json:"duplicates"`
	// Reverse sends the newest of the waiting events first; together with Delay
	// events that belong together arrive in the wrong order.
	Reverse bool          `json:"reverse"`
	Delay   time.Duration `json:"-"` // over HTTP a string, "250ms"
	Paused  bool          `json:"paused"`
}

// SetDelivery changes how webhooks are sent from now on. Duplicates and Delay
// apply to events that are queued afterwards.
func (s *Server) SetDelivery(options DeliveryOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivery = options
	s.wakeUp()
}

// SetProxyURL says where webhooks go; what waited for it is sent.
func (s *Server) SetProxyURL(target string) error {
	if err := checkURL("ProxyURL", target); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.ProxyURL = strings.TrimRight(target, "/")
	s.wakeUp()
	return nil
}

// Webhooks returns every webhook, the oldest first; a name narrows it to one
// provider ("guest" for the guest's own).
func (s *Server) Webhooks(provider string) []WebhookRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []WebhookRecord{}
	for sent := range s.deliveries.all() {
		if provider == "" || provider == sent.Provider {
			found = append(found, sent.WebhookRecord)
		}
	}
	return found
}

// enqueue puts a webhook into the queue. The caller holds the lock and commits.
func (s *Server) enqueue(d delivery) {
	if d.Limit == 0 {
		d.Limit = s.config.Webhooks.Attempts
	}
	d.QueuedAt, d.State = s.now(), WebhookPending
	if d.NextAt.IsZero() {
		d.NextAt = d.QueuedAt
	}
	d.NextAt = d.NextAt.Add(s.delivery.Delay)
	for range 1 + s.delivery.Duplicates {
		d.ID = "wh_" + randomText(16)
		s.deliveries.put(d.ID, d)
		s.waiting = append(s.waiting, d.ID)
	}
}

// wakeUp tells the sender that there may be something to do. It never blocks.
func (s *Server) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// heartbeat is how often time-driven things are looked at: the clock may be a
// test's, so there is no instant to sleep until.
const heartbeat = 100 * time.Millisecond

// run sends webhooks and expires payment pages until the context ends.
func (s *Server) run(ctx context.Context) {
	slots := make(chan struct{}, s.config.Webhooks.Parallel)
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		s.expireDue()
		for _, sent := range s.takeDue(cap(slots) - len(slots)) {
			slots <- struct{}{}
			s.sending.Go(func() {
				s.send(ctx, sent)
				<-slots
				s.wakeUp()
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-ticker.C:
		}
	}
}

// takeDue takes up to limit due webhooks out of the waiting list.
func (s *Server) takeDue(limit int) []delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delivery.Paused || limit == 0 {
		return nil
	}
	now := s.now()
	var due []delivery
	order := slices.Clone(s.waiting)
	if s.delivery.Reverse {
		slices.Reverse(order)
	}
	for _, id := range order {
		sent, _ := s.deliveries.get(id)
		homeless := strings.HasPrefix(sent.Target, "/") && s.config.ProxyURL == ""
		if len(due) < limit && !homeless && !sent.NextAt.After(now) {
			due = append(due, sent)
		}
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(id string) bool {
		return slices.ContainsFunc(due, func(sent delivery) bool { return sent.ID == id })
	})
	return due
}

// send makes one attempt and records what came of it.
func (s *Server) send(ctx context.Context, sent delivery) {
	status, err := s.post(ctx, sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil { // the sandbox is closing: the webhook stays pending
		s.waiting = append(s.waiting, sent.ID)
		return
	}
	sent.Attempts++
	sent.Status = status
	switch {
	case status >= 200 && status < 300:
		sent.State = WebhookDelivered
	case sent.Attempts >= sent.Limit || !retries(sent.RetryOn, status, err):
		sent.State = WebhookFailed
		s.config.Logger.Warn("sandbox gave up on a webhook", "provider", sent.Provider, "type", sent.Type, "status", status, "attempts", sent.Attempts)
	default:
		sent.NextAt = s.now().Add(s.backoff(sent.Attempts))
		s.waiting = append(s.waiting, sent.ID)
	}
	s.deliveries.put(sent.ID, sent)
	if err := s.store.commit(); err != nil {
		s.config.Logger.Error("sandbox cannot write its files", "error", err)
	}
}

func (s *Server) post(ctx context.Context, sent delivery) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Webhooks.Timeout)
	defer cancel()
	target := s.target(sent)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(sent.Body))
	if err != nil {
		return 0, err
	}
	if request.Header, err = s.sign(sent, target, s.now()); err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", sent.ContentType)
	request.Header.Set("User-Agent", "sandbox/"+sent.Provider)
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close() //nolint:errcheck // read only
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody))
	if err != nil {
		s.config.Logger.Debug("sandbox could not read a webhook's answer", "provider", sent.Provider)
	}
	return response.StatusCode, nil
}

func (s *Server) target(sent delivery) string {
	if !strings.HasPrefix(sent.Target, "/") {
		return sent.Target
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.ProxyURL + sent.Target
}

func (s *Server) backoff(attempts int) time.Duration {
	pause := s.config.Webhooks.First
	for range attempts - 1 {
		if pause *= 2; pause >= s.config.Webhooks.Max {
			return s.config.Webhooks.Max
		}
	}
	return pause
}

// retries applies Twilio's retry policy ("ct", "rt", "4xx", "5xx", "all",
// comma-separated); every other sender retries all that is no 2xx.
func retries(policy string, status int, err error) bool {
	if policy == "" || policy == "all" {
		return true
	}
	var timeout net.Error
	kind := "ct"
	switch {
	case status >= 500:
		kind = "5xx"
	case status >= 400:
		kind = "4xx"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		kind = "rt"
	}
	return slices.Contains(strings.Split(policy, ","), kind)
}

// overrides reads Twilio's connection overrides from a callback's fragment
// (#rc=3&rp=all) and returns the URL without it. Without them Twilio tries once.
func overrides(target string) (clean string, attempts int, policy string) {
	clean, fragment, _ := strings.Cut(target, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil {
		values = url.Values{}
	}
	again, err := strconv.Atoi(values.Get("rc"))
	if err != nil || again < 0 {
		again = 0
	}
	policy = values.Get("rp")
	if policy == "" {
		policy = "ct"
	}
	return clean, 1 + min(again, 5), policy
}
