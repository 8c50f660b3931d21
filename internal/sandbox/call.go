package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const maxBody = 4 << 20

// call is one request to a provider's API on its way through the sandbox.
type call struct {
	*http.Request
	body  []byte
	entry JournalEntry
}

// answer is what a provider says.
type answer struct {
	status int
	header http.Header
	body   any // JSON; nil sends none
	// effect: something changed. objectID names it.
	effect   bool
	objectID string
	// effectKey replaces the key found in the request.
	effectKey string
	// replayed: an idempotent replay of an earlier answer.
	replayed bool
}

// dialect is how one provider authenticates, refuses and names effects.
type dialect struct {
	name         string
	authenticate func(*call) *answer // nil: accepted
	// trouble is the provider's own words for 404, 429, 500 and 503.
	trouble func(status int) answer
	// effectKey finds the key that a request carries.
	effectKey func(*call) string
	// guard, if there is one, may answer from memory. Else finish is called
	// under the lock with what the call answered.
	guard func(*call) (early *answer, finish func(*answer))
}

// operation is one method of a provider's API. serve runs under the lock.
type operation struct {
	name  string
	serve func(*call) answer
}

// route serves an operation under a pattern such as "POST /v1/refunds".
func (s *Server) route(d *dialect, method, path, name string, serve func(*call) answer) {
	s.mux.Handle(method+" /"+d.name+path, s.endpoint(d, operation{name, serve}))
}

// endpoint is the way of every call: faults of the network, authentication,
// memory, faults of the provider, effect, journal, answer.
func (s *Server) endpoint(d *dialect, op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, entry: JournalEntry{
			At: s.now(), Provider: d.name, Operation: op.name, Method: r.Method, Path: r.URL.Path,
		}}
		var err error
		if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
			s.refuse(w, c, d.trouble(http.StatusRequestEntityTooLarge))
			return
		}
		c.entry.EffectKey = d.effectKey(c)
		delay, fault := s.takeFault(d.name, op.name)
		c.entry.Fault = string(fault.Kind)
		if fault.Kind == "" && delay > 0 {
			c.entry.Fault = string(FaultLatency)
		}
		if s.breakBefore(w, c, d, fault) {
			return
		}
		if refused := d.authenticate(c); refused != nil {
			s.refuse(w, c, *refused)
			return
		}
		s.execute(w, c, d, op, fault, delay)
	}
}

// breakBefore answers the faults that a call meets before the provider knows
// who calls.
func (s *Server) breakBefore(w http.ResponseWriter, c *call, d *dialect, fault Fault) bool {
	switch fault.Kind {
	case FaultDown, FaultReset:
		s.record(c, answer{})
		abort(w, true)
	case Fault429:
		throttled := d.trouble(http.StatusTooManyRequests)
		if throttled.header == nil {
			throttled.header = http.Header{}
		}
		throttled.header.Set("Retry-After", strconv.Itoa(max(fault.RetryAfter, 1)))
		s.refuse(w, c, throttled)
	case Fault503:
		s.refuse(w, c, d.trouble(http.StatusServiceUnavailable))
	default:
		return false
	}
	return true
}

func (s *Server) execute(w http.ResponseWriter, c *call, d *dialect, op operation, fault Fault, delay time.Duration) {
	finish := func(*answer) {}
	if d.guard != nil {
		early, end := d.guard(c)
		if early != nil {
			s.refuse(w, c, *early)
			return
		}
		finish = end
	}
	given := s.perform(c, d, op, fault, delay, finish)
	s.config.OnCall(PointAfterWrite, c.entry)
	if fault.Kind == FaultDropAfter {
		abort(w, false)
		return
	}
	write(w, given)
	s.config.OnCall(PointAfterAnswer, c.entry)
}

// perform does the effect and its journal line. Whatever ends the call early,
// finish runs, so that no key stays in use.
func (s *Server) perform(c *call, d *dialect, op operation, fault Fault, delay time.Duration, finish func(*answer)) answer {
	given := answer{}
	done := false
	defer func() {
		if !done { // the hook gave up, or the caller died at the hook
			c.entry.Fault = "aborted"
			s.mu.Lock()
			finish(nil)
			s.mu.Unlock()
			s.record(c, answer{})
		}
	}()
	wait(c, delay)
	impatient := c.Context().Err() != nil // gave up on a slow provider, which acts all the same
	s.config.OnCall(PointBeforeWrite, c.entry)
	if !impatient && c.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fault.Kind == Fault500 {
		given = d.trouble(http.StatusInternalServerError)
	} else {
		given = op.serve(c)
	}
	shown := given
	if fault.Kind == Fault500After {
		failed := d.trouble(http.StatusInternalServerError)
		shown = answer{status: failed.status, header: failed.header, body: failed.body, effect: given.effect, objectID: given.objectID, effectKey: given.effectKey}
	}
	finish(&shown)
	done = true
	s.recordLocked(c, shown)
	return shown
}

// refuse answers a call without executing it.
func (s *Server) refuse(w http.ResponseWriter, c *call, given answer) {
	s.record(c, given)
	write(w, given)
	s.config.OnCall(PointAfterAnswer, c.entry)
}

func (s *Server) record(c *call, given answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recordLocked(c, given)
}

// recordLocked writes state and journal. A sandbox that cannot write says so
// in its log; its memory, which answers, stays right.
func (s *Server) recordLocked(c *call, given answer) {
	c.entry.Status, c.entry.Effect, c.entry.ObjectID = given.status, given.effect, given.objectID
	if given.effectKey != "" {
		c.entry.EffectKey = given.effectKey
	}
	succeeded := given.status >= 200 && given.status < 300
	c.entry.Duplicate = !given.effect && c.Method != http.MethodGet && (succeeded || given.replayed)
	if c.entry.Fault == string(FaultDropAfter) {
		c.entry.Status = 0
	}
	if err := errors.Join(s.store.commit(), s.journal.add(&c.entry)); err != nil {
		s.config.Logger.Error("sandbox cannot write its files", "error", err)
	}
	s.wakeUp()
}

// wait sleeps for a latency fault, or until the caller left.
func wait(c *call, delay time.Duration) {
	if delay <= 0 {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.Context().Done():
	}
}

// abort closes the connection without an answer; hard sends a TCP reset.
func abort(w http.ResponseWriter, hard bool) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: the stream is reset instead
	}
	if tcp, ok := connection.(*net.TCPConn); ok && hard {
		_ = tcp.SetLinger(0) // best effort: a plain close is an error for the caller too
	}
	_ = connection.Close()
}

// write sends an answer.
func write(w http.ResponseWriter, given answer) {
	for name, values := range given.header {
		w.Header()[name] = values
	}
	if given.body == nil {
		if given.status != http.StatusNoContent {
			w.Header().Set("Content-Length", "0")
		}
		w.WriteHeader(given.status)
	} else {
		writeJSON(w, given.status, given.body)
	}
	_ = http.NewResponseController(w).Flush() // a caller who left does not need it
}

// writeJSON sends a value as JSON; raw JSON goes out byte by byte.
func writeJSON(w http.ResponseWriter, status int, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "sandbox: the answer cannot be JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(data))) // whole before the hook after the answer
	w.WriteHeader(status)
	_, _ = w.Write(data) // a caller who left does not need it
}

// decode reads the body as one JSON value.
func (c *call) decode(value any) error { return json.Unmarshal(c.body, value) }

// form reads the body as a form; what cannot be read is an empty form, which
// then lacks the required fields.
func (c *call) form() url.Values {
	values, err := url.ParseQuery(string(c.body))
	if err != nil {
		return url.Values{}
	}
	return values
}

// bearer returns the token of the Authorization header.
func (c *call) bearer() string {
	const prefix = "Bearer "
	header := c.Header.Get("Authorization")
	if len(header) <= len(prefix) || header[:len(prefix)] != prefix {
		return ""
	}
	return header[len(prefix):]
}
