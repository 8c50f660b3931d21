package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/codec"
	"guestjourney/internal/meters"
	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/telemetry/control"
	"guestjourney/webhookproxy/telemetry/exchange"
	"guestjourney/webhookproxy/telemetry/fallback"
	"guestjourney/webhookproxy/telemetry/ingest"
	"guestjourney/webhookproxy/telemetry/record"
	"guestjourney/webhookproxy/telemetry/relay"
	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/webhookproxy/telemetry/staffpage/monitors"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/upkeep"
	"guestjourney/webhookproxy/telemetry/watch"
)

const (
	// filesEvery is how soon changed staff and device keys count.
	filesEvery = 2 * time.Second
	// Polls of owners: a file is one process's, which wakes them; a database has
	// batches of other processes.
	pollAlone  = time.Second
	pollShared = 250 * time.Millisecond
	// readyPatience is how long the store may take to say that it can be written.
	readyPatience = 2 * time.Second
)

// runTelemetry takes readings, watches sessions and pages until the context ends, then
// stops: HTTP first, then the watching, which gives its sessions back, then the pages
// that have begun, then store and client.
func runTelemetry(ctx context.Context, logger *slog.Logger) error {
	settings, err := loadTelemetry(ctx, logger)
	if err != nil {
		return err
	}
	traces, err := telemetry.Start(ctx, "telemetry", logger)
	if err != nil {
		return err
	}
	defer traces.Close(ctx)
	// Connected at the first call: sessions are watched and people are paged without
	// Temporal too.
	temporal, err := temporalclient.Dial(ctx, temporalclient.Options{
		Program: "telemetry", Keys: settings.Ring(), RequireKeys: true, Lazy: true, Logger: logger, Traces: traces.Provider(),
	})
	if err != nil {
		return err
	}
	defer temporal.Close()
	readings, err := openTelemetry(ctx, settings)
	if err != nil {
		return err
	}
	defer closeTelemetry(readings, logger)
	measured, registry, err := meters.New()
	if err != nil {
		return err
	}
	made, err := settings.assemble(readings, temporal, measured.Meter("telemetry"), logger)
	if err != nil {
		return err
	}

	// What works beside the listeners stops after them: the last batches are still
	// judged.
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() { settings.people.Watch(beside, filesEvery, logger) })
	if settings.keyFile != nil {
		working.Go(func() { settings.keyFile.Watch(beside, filesEvery, logger) })
	}
	working.Go(func() { made.watcher.Run(beside) })
	working.Go(func() { made.fallback.Run(beside) })
	working.Go(func() { upkeep.Run(beside, readings, settings.Keep.retention(), logger) })
	live := staffpage.New(staffpage.Config{Readings: readings, Monitors: monitors.New(temporal), Roster: settings.people.Roster, Client: settings.client, Logger: logger})
	defer live.Close()
	context.AfterFunc(ctx, live.Close) // its streams last, and nobody waits for them
	err = serve(ctx, logger,
		listener{name: "readings", variable: "TELEMETRY_ADDRESS", address: settings.Address, handler: made.routes(readings)},
		listener{name: "staff", variable: "STAFF_ADDRESS", address: settings.StaffAddress, handler: live},
		listener{name: "metrics", variable: "METRICS_ADDR", address: settings.MetricsAddr, handler: metricsOf(registry)},
	)
	stop()
	working.Wait()
	return err
}

// openTelemetry opens the file, or the database that several processes share.
func openTelemetry(ctx context.Context, settings telemetryLoaded) (*store.Store, error) {
	sealing, err := codec.New(settings.Ring())
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{Path: settings.Path, URL: settings.DatabaseURL, Password: settings.password, Codec: sealing})
}

func closeTelemetry(readings *store.Store, logger *slog.Logger) {
	if err := readings.Close(); err != nil {
		logger.Error("the store of readings did not close cleanly; what was committed is there", "error", err.Error())
	}
}

// assembly are the parts of the process.
type assembly struct {
	ingest   *ingest.Handler
	control  *control.Control
	watcher  *watch.Watcher
	fallback *fallback.Fallback
}

// assemble wires the parts.
func (l *telemetryLoaded) assemble(readings *store.Store, temporal client.Client, meter metric.Meter, logger *slog.Logger) (assembly, error) {
	poll := pollAlone
	if l.DatabaseURL != "" {
		poll = pollShared
	}
	relaying, errRelay := relay.New(relay.Config{Client: temporal, Store: readings, Logger: logger, Meter: meter})
	watcher, errWatch := watch.New(watch.Config{Store: readings, Follower: relaying, Poll: poll, Now: time.Now, Logger: logger, Meter: meter})
	paging, errPaging := fallback.New(fallback.Config{
		Store: readings, Roster: func() fallback.Roster { return l.people.Roster() }, Pager: l.pager, Owns: watcher.Owns, Now: time.Now, Logger: logger, Meter: meter,
	})
	taking, errIngest := ingest.New(ingest.Config{Keys: l.keys, Store: readings, Wake: watcher.Wake, Now: time.Now, Logger: logger, Meter: meter})
	return assembly{
		ingest: taking, watcher: watcher, fallback: paging,
		control: control.New(control.Config{Store: readings, Verifier: l.verifier, Changed: watcher.Look, Record: record.Handler(readings, logger), Now: time.Now, Logger: logger}),
	}, errors.Join(errRelay, errWatch, errPaging, errIngest)
}

// routes are what gateways, the worker and probes call.
func (a assembly) routes(readings *store.Store) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /telemetry/v1/readings", a.ingest)
	a.control.Routes(mux)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		exchange.Say(w, http.StatusOK, exchange.Answer{Status: "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyPatience)
		defer cancel()
		if readings.Check(ctx) != nil { // the cause is in the log
			exchange.Say(w, http.StatusServiceUnavailable, exchange.Answer{Status: exchange.Unavailable})
			return
		}
		exchange.Say(w, http.StatusOK, exchange.Answer{Status: "ready"})
	})
	return mux
}
