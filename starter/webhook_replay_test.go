package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/forward"
	inboundevent "guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

// forwarding runs the proxy's forwarder on an inbox.
func forwarding(t *testing.T, store inbox.Store) *port {
	t.Helper()
	temporal := &port{}
	forwarder := forward.New(forward.Config{
		Inbox: store, Signaller: temporal, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Look: 10 * time.Millisecond,
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { forwarder.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return temporal
}

// A dead letter reaches its workflow, each time as another request, so that
// nobody takes it for a repeat.
func TestADeadLetterIsReplayed(t *testing.T) {
	store := shelf(t)
	key := put(t, store, "a", "stripe", "pay/1", "too_large", time.Now())
	code, stdout, stderr := cli(t, "", "webhook", "replay", key.String()[:16], "-o", "json")
	require.Zero(t, code, stderr)
	require.NotContains(t, stdout, personal)
	var first, second Replayed
	require.NoError(t, json.Unmarshal([]byte(stdout), &first))
	require.True(t, first.Revived)
	require.NotEqual(t, "request-of-a", first.RequestID)

	code, stdout, _ = cli(t, "", "webhook", "replay", key.String(), "-o", "json")
	require.Zero(t, code, "twice is as good as once")
	require.NoError(t, json.Unmarshal([]byte(stdout), &second))
	require.False(t, second.Revived)
	require.Equal(t, first.RequestID, second.RequestID)
	_, stdout, _ = cli(t, "", "webhook", "replay", key.String())
	require.Contains(t, stdout, "it waits, and a running proxy forwards it to pay/1 by itself")

	temporal := forwarding(t, store)
	require.Eventually(t, func() bool { return len(temporal.all()) == 1 }, soon, 10*time.Millisecond)
	one := temporal.all()[0]
	require.Equal(t, first.RequestID, one.requestID)
	require.Equal(t, "pay/1", one.signal.WorkflowID)
	require.Equal(t, personal, one.signal.Fact.Data["mail"], "the fact is unchanged")

	again := put(t, store, "b", "stripe", "pay/1", "too_large", time.Now())
	_, stdout, _ = cli(t, "", "webhook", "replay", again.String())
	require.Contains(t, stdout, "waits again, as request ")
	require.Eventually(t, func() bool { return len(temporal.all()) == 2 }, soon, 10*time.Millisecond)
}

// inboundHouse has the worker of InboundEvents, and takers of their facts.
func inboundHouse(t *testing.T) client.Client {
	t.Helper()
	connection := house(t)
	w := worker.New(connection, options.QueueJourneys, worker.Options{})
	w.RegisterWorkflowWithOptions(inboundevent.Workflow(sealedOnly), workflow.RegisterOptions{Name: inboundevent.Type})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) (kit.Fact, error) {
		var fact kit.Fact
		workflow.GetSignalChannel(ctx, kit.SignalPayment).Receive(ctx, &fact)
		return fact, nil
	}, workflow.RegisterOptions{Name: "taker"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return connection
}

func unroutedEvent(t *testing.T, connection client.Client, key, target string) string {
	t.Helper()
	at := time.Now().UTC().Truncate(time.Second)
	id := inboundevent.ID("stripe", key)
	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys}, inboundevent.Type, inboundevent.Input{
		Provider: "stripe", Type: "payment_intent.succeeded", Event: key, Target: target, Signal: kit.SignalPayment, ReceivedAt: at,
		Fact: kit.Fact{ID: "evt_1", Provider: "stripe", Type: "payment_intent.succeeded", Object: "pi_1", OccurredAt: at},
	})
	require.NoError(t, err)
	awaitStatus(t, id, "tries: 1")
	return id
}

func take(t *testing.T, connection client.Client, id string) client.WorkflowRun {
	t.Helper()
	run, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys}, "taker")
	require.NoError(t, err)
	return run
}

func TestAnInboundEventIsReplayedAndItsOutcomeAwaited(t *testing.T) {
	connection := inboundHouse(t)
	replay := func(id string, more ...string) (int, kit.Outcome, string) {
		args := append([]string{"webhook", "replay", id, "--actor", "ana", "--role", "operator", "--reason", "r", "-o", "json"}, more...)
		code, stdout, stderr := cli(t, "", args...)
		var outcome kit.Outcome
		if stdout != "" {
			require.NoError(t, json.Unmarshal([]byte(stdout), &outcome))
		}
		return code, outcome, stderr
	}
	id := unroutedEvent(t, connection, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "pay/late")
	code, outcome, stderr := replay(id)
	require.Equal(t, 1, code)
	require.Equal(t, "failed", outcome.Status)
	require.Contains(t, stderr, "it was not taken: payment_event to pay/late not delivered")

	plan := take(t, connection, "pay/late")
	code, outcome, stderr = replay(id, "--id", "cmd-1")
	require.Zero(t, code, stderr)
	require.Equal(t, kit.Outcome{CommandID: "cmd-1", Command: "retry", Status: "done", Detail: "taken by pay/late", State: outcome.State, At: outcome.At, Actor: "ana"}, outcome)
	var fact kit.Fact
	require.NoError(t, plan.Get(t.Context(), &fact))
	require.Equal(t, "evt_1", fact.ID)

	other := unroutedEvent(t, connection, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "pay/never")
	take(t, connection, "pay/other")
	code, outcome, stderr = replay(other, "--target", "pay/other")
	require.Zero(t, code, stderr)
	require.Equal(t, "taken by pay/other", outcome.Detail)
	code, _, stderr = replay(inboundevent.ID("stripe", "cccccccccccccccccccccccccccccccc"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "replay of inbound/stripe/cccc")
}
