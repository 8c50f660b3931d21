package gateway

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/providers"
)

// metrics counts what comes in. Labels are names of our own tables only.
type metrics struct {
	events   *prometheus.CounterVec
	keys     *prometheus.CounterVec
	bodies   *prometheus.CounterVec
	duration *prometheus.HistogramVec
	crowded  prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, serves []providers.Provider) *metrics {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guestjourney_webhook_events_total",
			Help: "Events of webhooks by what was decided; type is empty where a request was refused before its events were known.",
		}, []string{"provider", "type", "decision"}),
		keys: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guestjourney_webhook_verified_total",
			Help: "Verified requests by the matching secret (the first 8 hex digits of its SHA-256), so that an old one can be retired on evidence.",
		}, []string{"provider", "key"}),
		bodies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guestjourney_webhook_bodies_total",
			Help: "Answers whose body was asked for, by whether it was found in time or the fixed one had to do.",
		}, []string{"provider", "type", "body"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "guestjourney_webhook_seconds",
			Help:    "From the first byte of a webhook to its answer.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"provider"}),
		crowded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "guestjourney_webhook_crowded_total",
			Help: "Requests turned away because their address asked too often.",
		}),
	}
	registry.MustRegister(m.events, m.keys, m.bodies, m.duration, m.crowded)
	for _, provider := range serves {
		m.begin(provider)
	}
	return m
}

// begin makes what an alert sees from the first one on begin at zero: else the first
// of a process is no increase.
func (m *metrics) begin(provider providers.Provider) {
	for _, why := range []*refusal{refusalNotConfigured, refusalTooLarge, refusalUnkept} {
		m.events.WithLabelValues(provider.Name, "", why.decision)
	}
	for _, kind := range append([]string{otherType}, provider.Types...) {
		m.events.WithLabelValues(provider.Name, kind, decisionUnavailable)
	}
}

// otherType stands for the types that nobody acts on.
const otherType = "other"

// event counts one event. Types that nobody acts on share one label: a sender
// must not be able to make series.
func (m *metrics) event(provider providers.Provider, kind, decision string) {
	m.events.WithLabelValues(provider.Name, label(provider, kind), decision).Inc()
}

// body counts an answer whose body was asked for.
func (m *metrics) body(provider providers.Provider, kind, body string) {
	m.bodies.WithLabelValues(provider.Name, label(provider, kind), body).Inc()
}

func label(provider providers.Provider, kind string) string {
	if kind != "" && !slices.Contains(provider.Types, kind) {
		return otherType
	}
	return kind
}

func (m *metrics) verified(provider, keyID string) {
	m.keys.WithLabelValues(provider, keyID).Inc()
}

func (m *metrics) took(provider string, duration time.Duration) {
	m.duration.WithLabelValues(provider).Observe(duration.Seconds())
}

// logEvent writes one line an event. A type that is not in the provider's
// table is not quoted.
func (g *Gateway) logEvent(in *request, event providers.Event, key inbox.Key, decision string, err error) {
	kind, level := event.Type, slog.LevelInfo
	if !slices.Contains(in.provider.Types, kind) {
		kind, level = otherType, slog.LevelDebug
	}
	attributes := []slog.Attr{
		slog.String("provider", in.provider.Name), slog.String("type", kind), slog.String("event", key.String()[:16]),
		slog.String("decision", decision), slog.Int("bytes", in.size), slog.Duration("took", g.config.Now().Sub(in.begun)),
	}
	if err != nil {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	g.config.Logger.LogAttrs(context.Background(), level, "webhook event", attributes...)
}

func (g *Gateway) logRefusal(in *request, why *refusal) {
	g.config.Logger.LogAttrs(context.Background(), slog.LevelWarn, "webhook refused",
		slog.String("provider", in.provider.Name), slog.String("decision", why.decision), slog.String("reason", why.reason),
		slog.Int("bytes", in.size), slog.Duration("took", g.config.Now().Sub(in.begun)))
}
