// Package gateway turns HTTP requests of providers into signals of workflows.
//
// Called by main, which hands it the declared providers and a Signaller. It
// owns the order of things (read once, verify, split, make durable, only then
// answer), deduplication, the status codes, the log lines and the metrics. It
// promises that 2xx means durable (Temporal or the inbox has it), a known
// duplicate, or nobody acts on it; that an answer comes within the provider's
// budget, with a body that a workflow gave or the fixed one; and that no body,
// query, header or address reaches a log, a metric or an answer.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
)

// Signaller hands an event to Temporal, which has it when a call returns nil. A
// call returns when its context ends. Its errors wrap one of those below or are
// taken for ErrUnavailable, and quote nothing of the event.
type Signaller interface {
	// Signal delivers a signal. The same requestID twice is one signal.
	Signal(ctx context.Context, requestID string, signal providers.Signal) error
	// Park starts an InboundEvent, which looks for the workflow of an event. The
	// same event twice is one.
	Park(ctx context.Context, p parcel.Parcel) error
}

// What a Signaller reports.
var (
	// ErrUnavailable: out of reach, too slow or too busy; it may or may not
	// have been accepted.
	ErrUnavailable = errors.New("the Temporal server cannot be reached or did not accept the signal in time")
	// ErrNoWorkflow: there is no open workflow of that ID (yet, or any more).
	ErrNoWorkflow = errors.New("no workflow takes the signal")
	// ErrClosed is an ErrNoWorkflow: there was one, and it has closed.
	ErrClosed = fmt.Errorf("%w: it has closed", ErrNoWorkflow)
	// ErrFull: so many events of the provider are unrouted that more of them
	// would hide each other.
	ErrFull = errors.New("too many events of this provider are unrouted already")
	// ErrUnfit: no InboundEvent can be made of it, so it is kept as a dead letter.
	ErrUnfit = errors.New("the event has no workflow and cannot be an InboundEvent")
	// ErrTooLarge: it will never be accepted.
	ErrTooLarge = errors.New("the signal is larger than Temporal accepts")
)

// Config is what a gateway is made of.
type Config struct {
	Providers []providers.Provider
	Signaller Signaller
	// Asker asks workflows for the bodies that some senders wait for; nil asks
	// none, and such a sender gets the fixed body.
	Asker Asker
	// Inbox keeps what Temporal does not take, and the keys of what it took.
	Inbox inbox.Store
	// Wake tells whoever empties the inbox that something came; nil tells nobody.
	Wake     func()
	Logger   *slog.Logger
	Registry prometheus.Registerer
	// Traces makes the spans; nil makes none.
	Traces trace.TracerProvider
	// PublicURL is what the providers were told to call, without the path.
	PublicURL string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Client says where a request comes from (see ClientAddress); nil takes the
	// other end of the connection.
	Client echo.IPExtractor
	// Allowed are the addresses that a provider may call from; nil means any.
	Allowed Allowed
	// AddressRate bounds the requests a second of one client address; 0 bounds
	// nothing.
	AddressRate float64
	// MaxInFlight bounds the requests of one provider that are worked on at
	// once; 0 means DefaultInFlight.
	MaxInFlight int
	// Remember is how many accepted events are known without asking the inbox;
	// 0 means DefaultRemember.
	Remember int
	// Step hears of every step of a webhook (see StepRead), for tests that end
	// the process there; nil tells nobody.
	Step func(name string)
}

// Defaults of Config.
const (
	DefaultInFlight = 128
	DefaultRemember = 1 << 16
)

// Gateway serves webhooks.
type Gateway struct {
	config    Config
	publicURL string
	metrics   *metrics
	tracer    trace.Tracer
	tracing   bool
	delivery  *delivery
	health    *health
	echo      *echo.Echo
}

// New makes a gateway with all routes.
func New(config Config) *Gateway {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.MaxInFlight == 0 {
		config.MaxInFlight = DefaultInFlight
	}
	if config.Client == nil {
		config.Client = echo.ExtractIPDirect()
	}
	if config.Wake == nil {
		config.Wake = func() {}
	}
	if config.Remember == 0 {
		config.Remember = DefaultRemember
	}
	if config.Step == nil {
		config.Step = func(string) {}
	}
	g := &Gateway{
		config: config, publicURL: strings.TrimRight(config.PublicURL, "/"), metrics: newMetrics(config.Registry, config.Providers),
		delivery: &delivery{
			signaller: config.Signaller, inbox: config.Inbox, wake: config.Wake, step: config.Step,
			seen: newSeen(config.Inbox, config.Remember, config.Now, config.Logger),
		},
		health: &health{check: config.Inbox.Check, now: config.Now},
	}
	g.tracer, g.tracing = newTracer(config.Traces)
	g.echo = g.routes()
	return g
}

// Run writes the keys of taken events behind, until the context ends and what
// is left is written.
func (g *Gateway) Run(ctx context.Context) { g.delivery.seen.run(ctx) }

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.echo.ServeHTTP(w, r) }

func (g *Gateway) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = g.config.Client
	e.HTTPErrorHandler = g.refuse
	e.Use(g.recover)
	e.GET("/healthz", func(c echo.Context) error { return answer(c, http.StatusOK, "ok") })
	e.GET("/readyz", g.ready)
	webhooks := e.Group("")
	if g.config.AddressRate > 0 {
		webhooks.Use(g.limitAddress())
	}
	for _, provider := range g.config.Providers {
		slots := make(chan struct{}, g.config.MaxInFlight)
		for _, route := range provider.Routes {
			g.route(webhooks, provider, route, slots)
		}
	}
	return e
}

// route serves one address of a provider.
func (g *Gateway) route(webhooks *echo.Group, provider providers.Provider, route providers.Route, slots chan struct{}) {
	methods := route.Methods
	if methods == nil {
		methods = []string{http.MethodPost}
	}
	webhooks.Match(methods, route.Path, g.listed(provider, route, g.receive(provider, route, slots)))
	if route.Challenge != nil {
		webhooks.GET(route.Path, g.listed(provider, route, g.challenge(provider, route)))
	}
}

func (g *Gateway) ready(c echo.Context) error {
	if g.health.ok(c.Request().Context()) {
		return answer(c, http.StatusOK, "ready")
	}
	return g.later(c, "unavailable")
}
