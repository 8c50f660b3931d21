package main

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider/providertest"
)

// fault is one way in which the outside fails, and what a call must make of it.
type fault struct {
	name    string
	classes []failure.Class // of the first try; none: it succeeds
	// retryAfter is what the answer asks for, in seconds.
	retryAfter int
	// unreached: no connection comes about, so it hits the first request only.
	unreached bool
	// hangs: nothing comes until the caller's patience ends.
	hangs bool
	// breaking: the connection breaks, after which net/http repeats by itself what
	// only reads.
	breaking bool
	// bearable: where the answer says nothing that the call needs, nobody notices.
	bearable bool
	// strike answers the request, which pass would carry out.
	strike func(f *front, w http.ResponseWriter, r *http.Request, pass func() *httptest.ResponseRecorder)
}

var (
	notProcessed = []failure.Class{failure.NotProcessed}
	throttled    = []failure.Class{failure.Throttled}
	ambiguous    = []failure.Class{failure.Ambiguous}
	// unanswered: whether anything left is for the network to know.
	unanswered = []failure.Class{failure.Ambiguous, failure.NotProcessed}
)

var faults = []fault{
	{name: "latency", strike: func(_ *front, w http.ResponseWriter, _ *http.Request, pass func() *httptest.ResponseRecorder) {
		time.Sleep(30 * time.Millisecond) // is the fault
		copyAnswer(w, pass())
	}},
	{name: "429 with Retry-After", classes: throttled, retryAfter: 7, strike: refuses(http.StatusTooManyRequests, 7)},
	{name: "429 without Retry-After", classes: throttled, strike: refuses(http.StatusTooManyRequests, 0)},
	{name: "500", classes: ambiguous, strike: refuses(http.StatusInternalServerError, 0)},
	{name: "502", classes: ambiguous, strike: refuses(http.StatusBadGateway, 0)},
	{name: "503", classes: ambiguous, strike: refuses(http.StatusServiceUnavailable, 0)},
	{name: "503 with Retry-After", classes: ambiguous, retryAfter: 3, strike: refuses(http.StatusServiceUnavailable, 3)},
	{name: "504", classes: ambiguous, strike: refuses(http.StatusGatewayTimeout, 0)},
	{name: providertest.Refused, classes: notProcessed, unreached: true},
	{name: providertest.DNSFailure, classes: notProcessed, unreached: true},
	{name: providertest.ConnectTimeout, classes: notProcessed, unreached: true, hangs: true},
	{name: providertest.ResetBeforeWrite, classes: unanswered, unreached: true},
	{name: "read timeout", classes: unanswered, hangs: true, strike: func(f *front, _ http.ResponseWriter, r *http.Request, _ func() *httptest.ResponseRecorder) {
		f.hang(r)
	}},
	{name: "reset after write", classes: ambiguous, breaking: true, strike: func(_ *front, w http.ResponseWriter, _ *http.Request, _ func() *httptest.ResponseRecorder) {
		providertest.Break(w, true)
	}},
	{name: "drop after write", classes: ambiguous, breaking: true, strike: func(_ *front, w http.ResponseWriter, _ *http.Request, pass func() *httptest.ResponseRecorder) {
		pass()
		providertest.Break(w, false)
	}},
	{name: "drop after write, in the answer", classes: ambiguous, bearable: true, strike: func(_ *front, w http.ResponseWriter, _ *http.Request, pass func() *httptest.ResponseRecorder) {
		if half(w, pass()) {
			panic(http.ErrAbortHandler)
		}
	}},
	{name: "garbage body", classes: ambiguous, bearable: true, strike: func(_ *front, w http.ResponseWriter, _ *http.Request, pass func() *httptest.ResponseRecorder) {
		answer := pass()
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, "<html>not what was promised")
	}},
	{name: "slow body", classes: unanswered, hangs: true, bearable: true, strike: func(f *front, w http.ResponseWriter, r *http.Request, pass func() *httptest.ResponseRecorder) {
		if half(w, pass()) {
			f.hang(r)
		}
	}},
}

// timeout of the provider's client: its own, unless the test would wait for it.
func (f fault) timeout() time.Duration {
	if f.hangs {
		return 700 * time.Millisecond
	}
	return 0
}

// address is where the first try finds the provider.
func (f fault) address(t *testing.T, front string) string {
	if f.unreached {
		return providertest.Nowhere(t, f.name)
	}
	return front
}

func refuses(status, retryAfter int) func(*front, http.ResponseWriter, *http.Request, func() *httptest.ResponseRecorder) {
	return func(_ *front, w http.ResponseWriter, _ *http.Request, _ func() *httptest.ResponseRecorder) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"a fault"}`)
	}
}

func copyAnswer(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// half sends the first half of an answer. One without a body is sent whole: there
// is nothing that could be slow or break off.
func half(w http.ResponseWriter, answer *httptest.ResponseRecorder) (more bool) {
	if answer.Code == http.StatusNoContent {
		copyAnswer(w, answer)
		return false
	}
	w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()+1))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	return true
}

// front stands before the sandbox and strikes one request.
type front struct {
	url     string
	sandbox http.Handler
	ended   chan struct{}

	mutex   sync.Mutex
	kind    fault
	at      int // 0: none
	count   int
	reading bool
}

func newFront(t *testing.T, handler http.Handler) *front {
	f := &front{sandbox: handler, ended: make(chan struct{})}
	server := httptest.NewServer(f)
	f.url = server.URL
	t.Cleanup(func() { close(f.ended); server.Close() })
	return f
}

// arm starts to count requests; the fault hits the one of that number.
func (f *front) arm(kind fault, at int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.kind, f.at, f.count, f.reading = kind, at, 0, false
}

// disarm returns how many requests there were, and whether the one that was
// struck only reads.
func (f *front) disarm() (requests int, reading bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.at = 0
	return f.count, f.reading
}

func (f *front) struck(method string) (kind fault, hit bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.count++
	hit = f.count == f.at && f.kind.strike != nil
	f.reading = f.reading || hit && method == http.MethodGet
	return f.kind, hit
}

// ServeHTTP carries a request out, or strikes it.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, hit := f.struck(r.Method)
	if !hit {
		f.sandbox.ServeHTTP(w, r)
		return
	}
	kind.strike(f, w, r, func() *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		f.sandbox.ServeHTTP(answer, r)
		return answer
	})
}

// hang waits until the caller has gone.
func (f *front) hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	select {
	case <-r.Context().Done():
	case <-f.ended:
	}
}
