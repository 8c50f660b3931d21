package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/deliver"
	"guestjourney/webhookproxy/forward"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
)

// secretsEvery is how soon a changed secret counts.
const secretsEvery = 2 * time.Second

// rekey takes over the secrets that are valid now.
func (l loaded) rekey() error { return providers.Rekey(l.declared, l.secrets.Active) }

// run serves until the context ends, then stops: HTTP first, then what works
// beside it, then the inbox and the client, the traces last.
func run(ctx context.Context, logger *slog.Logger) error {
	settings, err := loadSettings(ctx, logger)
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

	faults := loadFaults(settings.declared)
	store, err := openInbox(ctx, settings)
	if err != nil {
		return err
	}
	defer closeInbox(store, logger)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	signaller := deliver.New(client)
	forwarder := forward.New(forward.Config{Inbox: store, Signaller: signaller, Logger: logger, Registry: registry, Step: faults.step})
	address, err := gateway.ClientAddress(settings.TrustedProxies)
	if err != nil {
		return err
	}
	allowed, err := gateway.ParseAllowed(settings.Allowed)
	if err != nil {
		return err
	}
	webhooks := gateway.New(gateway.Config{
		Providers: settings.declared, Signaller: signaller, Asker: signaller, Inbox: store, Wake: forwarder.Wake, Logger: logger, Registry: registry,
		PublicURL: settings.PublicURL, Traces: traces.Provider(), Client: address, Allowed: allowed, AddressRate: settings.AddressRate, Step: faults.step,
	})

	// What works beside the listeners stops after them: the last answers still
	// have keys to write behind.
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() { settings.secrets.Watch(beside, secretsEvery, providers.Variables(), settings.rekey, logger) })
	working.Go(func() { forwarder.Run(beside) })
	working.Go(func() { webhooks.Run(beside) })
	err = serve(ctx, logger,
		listener{name: "webhooks", variable: "PROXY_ADDR", address: settings.ProxyAddr, handler: webhooks},
		listener{name: "metrics", variable: "METRICS_ADDR", address: settings.MetricsAddr, handler: metricsOf(registry)},
	)
	stop()
	working.Wait()
	return err
}

// openInbox opens the file, or the database that several proxies share.
func openInbox(ctx context.Context, settings loaded) (inbox.Store, error) {
	sealing, err := codec.New(settings.Ring())
	if err != nil {
		return nil, err
	}
	return inbox.Open(ctx, inbox.Config{
		Path: settings.InboxPath, URL: settings.DatabaseURL, Password: settings.managed.databasePassword(), Codec: sealing,
		Alone: settings.DatabaseURL == "", // a file is one proxy's; the command line adds and leases nothing
	})
}

func closeInbox(store inbox.Store, logger *slog.Logger) {
	if err := store.Close(); err != nil {
		logger.Error("the inbox did not close cleanly; what was committed is there", "error", err.Error())
	}
}
