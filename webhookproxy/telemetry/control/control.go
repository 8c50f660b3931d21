// Package control serves what the worker asks of the telemetry process: whose
// readings are a session's and how it is watched, that it has ended, and that a
// provider has taken a page.
//
// Called over HTTP by the worker's adapter, signed by Standard Webhooks with
// TELEMETRY_SECRET, under an ID that is bound to the call (internal/signedcall):
//
//	PUT  /telemetry/v1/sessions/{id}                              assign
//	POST /telemetry/v1/sessions/{id}/end                          end
//	PUT  /telemetry/v1/sessions/{id}/transitions/{number}/handed  handed over
//	POST /telemetry/v1/sessions/{id}/record                       the session's record
//
// {id} is the workflow's ID behind "session/". It promises that any number of
// times is once, that nothing is parsed before it is verified, and that a 2xx is
// said only for what is committed. Refusals: 400 no such form, 401, 404 nothing of
// that name, 409 the session has ended, 422 the protocol cannot be used, 503.
package control

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"guestjourney/internal/signedcall"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/exchange"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

const (
	// bodyLimit is above what a session's protocol may have.
	bodyLimit = 64 << 10
	// logLimit is above the log of a session of three days.
	logLimit = 8 << 20
	// patience is how long the store may take; the caller asks again.
	patience = 5 * time.Second
)

// Store is what is asked and told.
type Store interface {
	Assign(ctx context.Context, next store.Assignment) error
	End(ctx context.Context, session string, at time.Time) error
	Session(ctx context.Context, name string) (store.Session, error)
	HandedOver(ctx context.Context, session string, number uint64, at time.Time, fallback bool) (first bool, err error)
}

// Config of New.
type Config struct {
	Store    Store
	Verifier verify.Verifier
	// Changed tells the watching that a session was assigned or has ended.
	Changed func()
	// Record writes a session's record; its body is verified, and it takes its time.
	Record http.Handler
	Now    func() time.Time
	Logger *slog.Logger
}

// Control serves the calls.
type Control struct{ config Config }

// New makes a Control.
func New(config Config) *Control { return &Control{config: config} }

// Routes adds the calls to a mux.
func (c *Control) Routes(mux *http.ServeMux) {
	mux.HandleFunc("PUT /telemetry/v1/sessions/{id}", c.signed(noContent(c.assign)))
	mux.HandleFunc("POST /telemetry/v1/sessions/{id}/end", c.signed(noContent(c.end)))
	mux.HandleFunc("PUT /telemetry/v1/sessions/{id}/transitions/{number}/handed", c.signed(noContent(c.handed)))
	mux.HandleFunc("POST /telemetry/v1/sessions/{id}/record", c.verified(logLimit, func(w http.ResponseWriter, r *http.Request, body []byte) {
		r.Body = io.NopCloser(bytes.NewReader(body))
		// Hours of ECG take longer than any other answer; whoever asks has a term.
		if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
			c.config.Logger.Warn("a record may be cut off by the server's term for answers", "error", err.Error())
		}
		c.config.Record.ServeHTTP(w, r)
	}))
}

// call is one that was verified.
type call struct {
	session string // its name in the store
	body    []byte
	request *http.Request
}

// handler does what a call asks for, and answers it unless it returns an error.
type handler func(ctx context.Context, w http.ResponseWriter, call call) error

// noContent answers what needs no words.
func noContent(run func(ctx context.Context, call call) error) handler {
	return func(ctx context.Context, w http.ResponseWriter, call call) error {
		if err := run(ctx, call); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// signed serves a call that is over soon.
func (c *Control) signed(serve handler) http.HandlerFunc {
	return c.verified(bodyLimit, func(w http.ResponseWriter, r *http.Request, body []byte) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		if err := serve(ctx, w, call{session: session.IDPrefix + r.PathValue("id"), body: body, request: r}); err != nil {
			c.answer(w, r, err)
		}
	})
}

// verified serves a call whose signature is right.
func (c *Control) verified(limit int64, serve func(w http.ResponseWriter, r *http.Request, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _, read := exchange.Body(w, r, limit)
		if !read {
			return
		}
		if _, err := c.config.Verifier.Verify(verify.Message{Method: r.Method, Header: r.Header, Body: body}, c.config.Now()); err != nil {
			c.config.Logger.Warn("a call of the worker is refused", "error", err.Error())
			exchange.Say(w, http.StatusUnauthorized, exchange.Answer{Status: exchange.Unauthorized, Detail: "check TELEMETRY_SECRET and the clock"})
			return
		}
		if !signedcall.Matches(r.Header.Get(verify.StandardIDHeader), r.Method, r.URL.Path) {
			c.config.Logger.Warn("a call of the worker is refused: it was signed for another one")
			exchange.Say(w, http.StatusUnauthorized, exchange.Answer{Status: exchange.Unauthorized, Detail: "signed for another call"})
			return
		}
		serve(w, r, body)
	}
}

// refusal is an error with its answer.
type refusal struct {
	status int
	word   string
	detail string
}

func (r *refusal) Error() string { return r.detail }

func malformed(detail string) error {
	return &refusal{http.StatusBadRequest, exchange.Malformed, detail}
}

func (c *Control) answer(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	said := &refusal{http.StatusInternalServerError, exchange.Failed, "see the log of the telemetry process"}
	switch {
	case errors.As(err, &refused):
		said = refused
	case errors.Is(err, store.ErrUnavailable):
		said = &refusal{http.StatusServiceUnavailable, exchange.Unavailable, "ask again"}
	case errors.Is(err, store.ErrNotFound):
		said = &refusal{http.StatusNotFound, "not_found", "there is nothing of that name"}
	case errors.Is(err, store.ErrEnded):
		said = &refusal{http.StatusConflict, "ended", "the session has ended; start another one"}
	}
	c.config.Logger.Warn("a call of the worker failed", "call", r.Pattern, "status", said.status, "error", err.Error())
	exchange.Say(w, said.status, exchange.Answer{Status: said.word, Detail: said.detail})
}
