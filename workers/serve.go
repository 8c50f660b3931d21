package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/programs/catalogue"
	"guestjourney/internal/backlog"
	"guestjourney/internal/config"
	"guestjourney/internal/register"
	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows"
)

// serve starts everything, and stops it in the opposite order when ctx ends or
// a worker cannot go on.
func serve(ctx context.Context, set settings, logger *slog.Logger) error {
	if err := set.check(); err != nil {
		return err
	}
	desk, err := set.desk()
	if err != nil {
		return err
	}
	known, err := catalogue.Open(set.ProgramsDir)
	if err != nil {
		return config.Invalid("PROGRAMS_DIR", err.Error())
	}
	rota, unwatch, err := set.openStaff(ctx, logger)
	if err != nil {
		return err
	}
	defer unwatch()
	keys, err := set.openSecrets(ctx, logger)
	if err != nil {
		return err
	}
	traces, err := telemetry.Start(ctx, "worker", logger)
	if err != nil {
		return err
	}
	defer traces.Close(ctx)
	measured, err := newMetrics()
	if err != nil {
		return err
	}
	out, err := newAdapters(ctx, set, keys, logger, measured.meters.Meter("guestjourney/activities/provider"))
	if err != nil {
		return err
	}
	defer out.close()
	measured.registry.MustRegister(out.circuits()...)
	watched, err := measured.listen(ctx, set.MetricsAddr, logger)
	if err != nil {
		return err
	}
	defer watched.close()
	return withTemporal(ctx, set, logger, instruments{measured.handler, traces.Provider()}, func(forWorkers, forActivities client.Client) error {
		in := inside{register: register.New(forActivities, set.IdentityKey.Bytes()), catalogue: known, desk: desk, rota: rota}
		all := queues(set, out, in)
		stop, err := watch(ctx, measured, forActivities, all, set.BacklogInterval, logger)
		if err != nil {
			return err
		}
		defer stop()
		defer newReporter(out.clients, forActivities, logger).start(ctx, set.ReportInterval)()
		return work(ctx, forWorkers, set, all, logger, measured)
	})
}

// watch measures the backlog beside the work. The returned function stops it.
func watch(ctx context.Context, measured *metrics, temporal client.Client, all []queue, interval time.Duration, logger *slog.Logger) (func(), error) {
	namespace, err := temporalclient.Namespace(temporalclient.Options{Program: "worker"})
	if err != nil {
		return nil, err
	}
	watched := backlog.Watched{Types: workflows.Types(), Namespace: namespace}
	for _, q := range all {
		watched.Queues = append(watched.Queues, backlog.Queue{Name: q.name, Workflows: q.workflows})
	}
	gauges := backlog.New(temporal, watched, logger)
	measured.registry.MustRegister(gauges)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { gauges.Run(ctx, interval) })
	return func() {
		cancel()
		running.Wait()
	}, nil
}

// instruments show what the Temporal client does.
type instruments struct {
	metrics client.MetricsHandler
	traces  trace.TracerProvider
}

// withTemporal connects twice over one connection: the workers' codec panics at
// what it cannot unseal, so that a workflow waits for the key; the activities'
// own client returns errors. Both close after the workers have stopped.
func withTemporal(ctx context.Context, set settings, logger *slog.Logger, shown instruments, run func(forWorkers, forActivities client.Client) error) error {
	options := temporalclient.Options{
		Program: "worker", Keys: set.Ring(), RequireKeys: true, PanicOnFailure: true,
		Logger: logger, Metrics: shown.metrics, Traces: shown.traces,
	}
	forWorkers, err := temporalclient.Dial(ctx, options)
	if err != nil {
		return err
	}
	defer forWorkers.Close()
	forActivities, err := temporalclient.ForActivities(ctx, forWorkers, options)
	if err != nil {
		return err
	}
	defer forActivities.Close()
	return run(forWorkers, forActivities)
}

// work runs one worker a queue until ctx ends or one of them fails for good: a
// process that serves only some of its queues would look healthy and be broken.
func work(ctx context.Context, temporal client.Client, set settings, all []queue, logger *slog.Logger, measured *metrics) error {
	counted, err := newFailures(measured.meters.Meter("guestjourney/workers"))
	if err != nil {
		return err
	}
	worker.SetStickyWorkflowCacheSize(set.StickyCacheSize)
	broken := make(chan error, len(all))
	activities, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)
	var running []worker.Worker
	defer func() {
		stopAll(running, set.StopTimeout, interrupt)
		logger.Info("workers stopped")
	}()
	for _, q := range all {
		w := newWorker(activities, temporal, set, q, counted, func(err error) {
			broken <- fmt.Errorf("worker for queue %s: %w", q.name, err)
		})
		if err := w.Start(); err != nil {
			return fmt.Errorf("worker for queue %s: %w", q.name, err)
		}
		running = append(running, w)
	}
	measured.working.Store(true)
	defer measured.working.Store(false)
	logger.Info("workers started", "queues", len(all), "keys", set.Ring().String(), "plaintext", set.AllowPlaintext)
	select {
	case err := <-broken:
		return err
	case <-ctx.Done():
		logger.Info("workers stopping", "timeout", set.StopTimeout.String())
		return nil
	}
}

var errStopping = errors.New("the worker is stopping")

// stopAll stops the workers at the same time, so that one timeout bounds all.
// What still runs shortly before its end is interrupted: its failure is
// reported while there is a connection, and another worker tries again at once
// instead of after the activity's own timeout.
func stopAll(running []worker.Worker, timeout time.Duration, interrupt context.CancelCauseFunc) {
	notice := time.AfterFunc(timeout-min(time.Second, timeout/4), func() { interrupt(errStopping) })
	defer notice.Stop()
	var stopping sync.WaitGroup
	for _, w := range running {
		stopping.Go(w.Stop)
	}
	stopping.Wait()
}
