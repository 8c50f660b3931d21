package backlog_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/backlog"
	"guestjourney/internal/devserver"
)

// TestATaskThatNobodyTakesIsSeenAndItsAgeGrows: it waits in a queue without a
// worker.
func TestATaskThatNobodyTakesIsSeenAndItsAgeGrows(t *testing.T) {
	server := devserver.Start(t)
	gauges := backlog.New(server.Client(), backlog.Watched{
		Namespace: devserver.Namespace, Queues: []backlog.Queue{{Name: "deserted", Workflows: true}},
	}, slog.New(slog.DiscardHandler))
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(gauges)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { gauges.Run(ctx, 50*time.Millisecond) })
	t.Cleanup(func() { cancel(); running.Wait() })

	require.Eventually(t, func() bool { return largest(t, registry, depth) == 0 && largest(t, registry, measured) > 0 }, 30*time.Second, 20*time.Millisecond)
	for range 2 {
		_, err := server.Client().ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "deserted"}, "any")
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return largest(t, registry, depth) == 2 }, 30*time.Second, 20*time.Millisecond)
	first := largest(t, registry, age)
	require.Eventually(t, func() bool { return largest(t, registry, age) > first+0.2 }, 30*time.Second, 20*time.Millisecond)
}

const (
	depth    = "guestjourney_queue_depth"
	age      = "guestjourney_queue_age_seconds"
	measured = "guestjourney_backlog_measured_timestamp_seconds"
)

// largest is the largest value of a metric.
func largest(t *testing.T, registry prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	most := 0.0
	for _, family := range families {
		if family.GetName() == name {
			for _, metric := range family.GetMetric() {
				most = max(most, metric.GetGauge().GetValue())
			}
		}
	}
	return most
}
