package provider

import (
	"net/http"
	"net/http/httptrace"
	"sync"

	"guestjourney/activities/failure"
)

// Trace records what happened to one request. The zero value is ready; it
// belongs to one HTTPClient.
type Trace struct {
	// Operation names the call in the log line: "checkout.sessions.create".
	// It holds no ID and no address.
	Operation string

	mu        sync.Mutex
	connected bool
	written   bool
	complete  bool // an error answer was read to its end
	status    int
	header    http.Header
	code      string
	signIn    *failure.Error // the secret could not be had
}

// Written says whether the request may have reached the provider. False is
// certain: the provider has not acted.
func (t *Trace) Written() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// Status returns the answer's status, 0 when there was none.
func (t *Trace) Status() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// Header returns the answer's header, nil when there was none.
func (t *Trace) Header() http.Header {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.header
}

// Code returns the provider's own error code, if the answer had one.
func (t *Trace) Code() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.code
}

// refusal returns the status of an error answer that arrived whole, else 0.
func (t *Trace) refusal() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.complete {
		return t.status
	}
	return 0
}

func (t *Trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { t.set(func() { t.connected = true }) },
		// A failed write counts too: part of the request has left, and a server
		// may act before it has seen the end.
		WroteRequest: func(httptrace.WroteRequestInfo) { t.set(func() { t.written = true }) },
	}
}

// interrupted records that the context ended. The write runs in a goroutine
// of net/http's, whose hook may come later than the error: once there was a
// connection nobody knows what left on it.
func (t *Trace) interrupted() {
	t.set(func() { t.written = t.written || t.connected })
}

// again forgets a request that was refused, and so has certainly done nothing.
func (t *Trace) again() {
	t.set(func() { t.connected, t.written = false, false })
}

// unsigned returns why the call was not signed in, nil if it was.
func (t *Trace) unsigned() *failure.Error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.signIn
}

func (t *Trace) answered(answer *http.Response) {
	t.set(func() { t.written, t.status, t.header = true, answer.StatusCode, answer.Header })
}

func (t *Trace) set(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}
