package ingest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/exchange"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

const (
	// bodyLimit holds a minute of three leads at 500 Hz twice.
	bodyLimit = 1 << 20
	// patience is how long the store may take. A gateway sends again after it.
	patience = 5 * time.Second
)

// Store keeps batches.
type Store interface {
	Append(ctx context.Context, received ...store.Received) ([]store.Outcome, error)
}

// Config of New.
type Config struct {
	Keys  func() *reading.Keys // those that are valid now
	Store Store
	// Wake tells the owner of a session, if it is in this process, that there is
	// something to read.
	Wake   func(session string)
	Now    func() time.Time
	Logger *slog.Logger
	Meter  metric.Meter
}

// Handler serves the route.
type Handler struct {
	config  Config
	batches metric.Int64Counter
}

// New makes a Handler.
func New(config Config) (*Handler, error) {
	batches, err := config.Meter.Int64Counter("guestjourney_telemetry_batches", metric.WithDescription("Batches of monitors by what became of them."))
	if err != nil {
		return nil, err
	}
	// Else the first of a process is no increase, and no alert sees it.
	batches.Add(context.Background(), 0, outcomeOf(exchange.Unavailable))
	return &Handler{config: config, batches: batches}, nil
}

// outcomes are what is said of a batch that was stored, or was there.
var outcomes = map[reading.Likeness]struct {
	status int
	answer exchange.Answer
}{
	reading.Different:   {http.StatusOK, exchange.Answer{Status: "stored"}},
	reading.Same:        {http.StatusOK, exchange.Answer{Status: "same"}},
	reading.Conflicting: {http.StatusConflict, exchange.Answer{Status: "conflicting", Detail: "another batch has this sequence number; go on with a higher one"}},
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := h.config.Now()
	body, said, read := exchange.Body(w, r, bodyLimit)
	if !read {
		h.count(said)
		return
	}
	signed, err := h.config.Keys().Receive(r.Header, body, began)
	if err != nil {
		h.refuse(w, err)
		return
	}
	// The gateway may hang up; what is under way is still stored.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	stored, err := h.config.Store.Append(ctx, store.Received{Batch: signed.Batch, At: began})
	if err != nil {
		h.config.Logger.Error("a batch was not stored; its gateway sends it again", "device", signed.Device, "sequence", signed.Sequence, "error", err.Error())
		h.say(w, http.StatusServiceUnavailable, exchange.Answer{Status: exchange.Unavailable})
		return
	}
	h.tell(w, signed, stored[0])
}

func (h *Handler) tell(w http.ResponseWriter, signed reading.Signed, stored store.Outcome) {
	switch stored.Likeness {
	case reading.Different:
		h.config.Wake(stored.Session)
	case reading.Conflicting:
		h.config.Logger.Warn("two batches have one number; the first one stays", "device", signed.Device, "sequence", signed.Sequence)
	}
	known := outcomes[stored.Likeness]
	h.say(w, known.status, known.answer)
}

// refuse answers what was not verified, or is no batch.
func (h *Handler) refuse(w http.ResponseWriter, err error) {
	var refused *reading.Refused
	switch {
	case errors.As(err, &refused):
		h.config.Logger.Warn("a batch is malformed", "error", err.Error())
		h.say(w, http.StatusBadRequest, exchange.Answer{Status: exchange.Malformed, Detail: refused.Error()})
	case errors.Is(err, verify.ErrNoSecret):
		h.config.Logger.Error("readings cannot be verified", "error", err.Error())
		h.say(w, http.StatusServiceUnavailable, exchange.Answer{Status: exchange.Unavailable})
	default:
		h.config.Logger.Warn("readings refused", "error", err.Error())
		h.say(w, http.StatusUnauthorized, exchange.Answer{Status: exchange.Unauthorized, Detail: "check the device's key and clock"})
	}
}

func (h *Handler) say(w http.ResponseWriter, status int, answer exchange.Answer) {
	h.count(answer.Status)
	exchange.Say(w, status, answer)
}

func (h *Handler) count(outcome string) {
	h.batches.Add(context.Background(), 1, outcomeOf(outcome))
}

func outcomeOf(outcome string) metric.AddOption {
	return metric.WithAttributes(attribute.String("outcome", outcome))
}
