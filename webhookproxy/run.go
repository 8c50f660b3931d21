package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/deliver"
	"guestjourney/webhookproxy/gateway"
)

// run serves until the context ends, then stops: HTTP first, then the client,
// the traces last.
func run(ctx context.Context, logger *slog.Logger) error {
	settings, declared, err := loadSettings()
	if err != nil {
		return err
	}
	traces, err := telemetry.Start(ctx, "webhookproxy", logger)
	if err != nil {
		return err
	}
	defer traces.Close(ctx)
	// Connected at the first call: the proxy starts without Temporal, and asks
	// senders to come again until it is there.
	client, err := temporalclient.Dial(ctx, temporalclient.Options{
		Program: "webhookproxy", Keys: settings.Ring(), RequireKeys: true, Lazy: true, Logger: logger, Traces: traces.Provider(),
	})
	if err != nil {
		return err
	}
	defer client.Close()

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	webhooks := gateway.New(gateway.Config{
		Providers: declared, Signaller: deliver.New(client), Logger: logger, Registry: registry, PublicURL: settings.PublicURL,
		Traces: traces.Provider(),
	})
	metrics := http.NewServeMux()
	metrics.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return serve(ctx, logger,
		listener{name: "webhooks", variable: "PROXY_ADDR", address: settings.ProxyAddr, handler: webhooks},
		listener{name: "metrics", variable: "METRICS_ADDR", address: settings.MetricsAddr, handler: metrics},
	)
}
