// Package gateway turns HTTP requests of providers into signals of workflows.
//
// Called by main, which hands it the declared providers and a Signaller. It
// owns the order of things (read once, verify, split, make durable, only then
// answer), deduplication inside this process, the status codes, the log lines
// and the metrics. It promises that 2xx means durable, a known duplicate, or
// nobody acts on it; that an answer comes within the provider's budget; and
// that no body, query, header or address reaches a log, a metric or an answer.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"guestjourney/webhookproxy/providers"
)

// Signaller makes an event durable: Temporal has accepted it when a call
// returns nil. A call returns when its context ends. Its errors wrap one of
// those below or are taken for ErrUnavailable, and quote nothing of the signal.
type Signaller interface {
	// Signal delivers a signal. The same requestID twice is one signal.
	Signal(ctx context.Context, requestID string, signal providers.Signal) error
	// Reachable says whether a signal has a chance now.
	Reachable(ctx context.Context) error
}

// What a Signaller reports.
var (
	// ErrUnavailable: out of reach, too slow or too busy; it may or may not
	// have been accepted.
	ErrUnavailable = errors.New("the Temporal server cannot be reached or did not accept the signal in time")
	// ErrNoWorkflow: there is no open workflow of that ID (yet, or any more).
	ErrNoWorkflow = errors.New("no workflow takes the signal")
	// ErrTooLarge: it will never be accepted.
	ErrTooLarge = errors.New("the signal is larger than Temporal accepts")
)

// Config is what a gateway is made of.
type Config struct {
	Providers []providers.Provider
	Signaller Signaller
	Logger    *slog.Logger
	Registry  prometheus.Registerer
	// Traces makes the spans; nil makes none.
	Traces trace.TracerProvider
	// PublicURL is what the providers were told to call, without the path.
	PublicURL string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// MaxInFlight bounds the requests of one provider that are worked on at
	// once; 0 means DefaultInFlight.
	MaxInFlight int
	// Remember is how many accepted events are known without asking Temporal;
	// 0 means DefaultRemember.
	Remember int
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
	if config.Remember == 0 {
		config.Remember = DefaultRemember
	}
	g := &Gateway{
		config: config, publicURL: strings.TrimRight(config.PublicURL, "/"), metrics: newMetrics(config.Registry), tracer: newTracer(config.Traces),
		delivery: newDelivery(config.Signaller, config.Remember), health: &health{check: config.Signaller.Reachable, now: config.Now},
	}
	g.echo = g.routes()
	return g
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.echo.ServeHTTP(w, r) }

func (g *Gateway) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = g.refuse
	e.Use(g.recover)
	e.GET("/healthz", func(c echo.Context) error { return answer(c, http.StatusOK, "ok") })
	e.GET("/readyz", g.ready)
	for _, provider := range g.config.Providers {
		slots := make(chan struct{}, g.config.MaxInFlight)
		for _, route := range provider.Routes {
			e.POST(route.Path, g.receive(provider, route, slots))
		}
	}
	return e
}

func (g *Gateway) ready(c echo.Context) error {
	if g.health.ok(c.Request().Context()) {
		return answer(c, http.StatusOK, "ready")
	}
	return g.later(c, "unavailable")
}
