package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/workflows/health"
)

// goodbye bounds the last report of a process that ends.
const goodbye = 2 * time.Second

// reporter tells IntegrationHealth how this process's calls to the providers
// fare: its circuits are its own, and nobody else can see them.
type reporter struct {
	name     string
	clients  []*provider.Client
	temporal client.Client
	logger   *slog.Logger
	failed   bool // the last report was not taken
}

func newReporter(clients []*provider.Client, temporal client.Client, logger *slog.Logger) *reporter {
	return &reporter{name: rand.Text()[:12], clients: clients, temporal: temporal, logger: logger}
}

// start reports now and at every interval. The returned function says goodbye:
// a worker that ends in good order is not missed.
func (r *reporter) start(ctx context.Context, interval time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		ticks := time.NewTicker(interval)
		defer ticks.Stop()
		for {
			r.send(ctx, health.WorkerReport{Worker: r.name, Circuits: r.circuits()})
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer done()
		r.send(ctx, health.WorkerReport{Worker: r.name, Leaving: true})
	}
}

func (r *reporter) circuits() []health.Circuit {
	circuits := make([]health.Circuit, 0, len(r.clients))
	for _, client := range r.clients {
		standing := client.Standing()
		circuits = append(circuits, health.Circuit{
			Provider: client.Name(), State: circuitWords[standing.State], Failures: standing.Failures, LastSuccess: standing.LastSuccess,
			Threshold: standing.Circuit.Failures, OpenFor: options.Duration(standing.Circuit.Open),
		})
	}
	return circuits
}

var circuitWords = map[provider.CircuitState]string{
	provider.CircuitClosed: health.CircuitClosed, provider.CircuitHalfOpen: health.CircuitHalfOpen, provider.CircuitOpen: health.CircuitOpen,
}

// send hands a report over. That IntegrationHealth is not there yet is no
// trouble: the next check begins it.
func (r *reporter) send(ctx context.Context, report health.WorkerReport) {
	err := r.temporal.SignalWorkflow(ctx, health.ID, "", health.SignalWorker, report)
	var missing *serviceerror.NotFound
	switch {
	case err == nil, errors.As(err, &missing):
		r.failed = false
	case ctx.Err() == nil && !r.failed: // once, and not with every interval
		r.failed = true
		r.logger.Warn("the circuits cannot be reported", "to", health.ID, "error", err)
	}
}
