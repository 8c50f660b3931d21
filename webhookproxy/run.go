package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/deliver"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
)

// secretsEvery is how soon a changed secret counts.
const secretsEvery = 2 * time.Second

// rekey takes over the secrets that are valid now.
func (l loaded) rekey() error { return providers.Rekey(l.declared, l.secrets.Active) }

// run serves until the context ends, then stops: HTTP first, then the client,
// the traces last.
func run(ctx context.Context, logger *slog.Logger) error {
	settings, err := loadSettings()
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
		Providers: settings.declared, Signaller: deliver.New(client), Logger: logger, Registry: registry, PublicURL: settings.PublicURL,
		Traces: traces.Provider(),
	})
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	go settings.secrets.Watch(watching, secretsEvery, providers.Variables(), settings.rekey, logger)
	metrics := http.NewServeMux()
	metrics.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return serve(ctx, logger,
		listener{name: "webhooks", variable: "PROXY_ADDR", address: settings.ProxyAddr, handler: webhooks},
		listener{name: "metrics", variable: "METRICS_ADDR", address: settings.MetricsAddr, handler: metrics},
	)
}
