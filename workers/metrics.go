package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"guestjourney/internal/meters"
)

// metrics is what can be seen of the process from outside: the SDK's metrics
// and the runtime's, whether it is alive and whether it works.
type metrics struct {
	handler  client.MetricsHandler
	registry *prometheus.Registry
	meters   *metric.MeterProvider
	// working is true while every worker polls its queue.
	working atomic.Bool
}

func newMetrics() (*metrics, error) {
	made, registry, err := meters.New()
	if err != nil {
		return nil, err
	}
	return &metrics{registry: registry, meters: made, handler: opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                made.Meter("temporal-sdk-go"),
		UseMonotonicCounters: true,
	})}, nil
}

// listener serves the metrics; without an address it serves nothing.
type listener struct{ server *http.Server }

func (m *metrics) listen(ctx context.Context, address string, logger *slog.Logger) (*listener, error) {
	if address == "" {
		return &listener{}, nil
	}
	var network net.ListenConfig
	open, err := network.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics cannot listen, METRICS_ADDR moves them: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !m.working.Load() {
			http.Error(w, "the workers are not running", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(open); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("metrics stopped", "error", err)
		}
	}()
	return &listener{server: server}, nil
}

func (l *listener) close() {
	if l.server != nil {
		_ = l.server.Close() // a scrape under way is worth nothing now
	}
}
