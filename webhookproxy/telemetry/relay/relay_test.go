package relay_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/readingtest"
	"guestjourney/webhookproxy/telemetry/relay"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
	"guestjourney/workflows/session"
)

// world is one server, shared by the parts of the test.
type world struct {
	client client.Client
	store  *store.Store
	ring   *codec.Ring
}

func open(t *testing.T) *world {
	t.Helper()
	server := devserver.Start(t)
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, codec.KeySize)))
	require.NoError(t, err)
	w := &world{ring: ring, store: storetest.Open(t, store.Config{})}
	w.client, err = temporalclient.Dial(t.Context(), temporalclient.Options{
		Program: "test", Keys: ring, RequireKeys: true, Address: server.HostPort, Namespace: devserver.Namespace,
	})
	require.NoError(t, err)
	t.Cleanup(w.client.Close)
	return w
}

// follow relays a session until the returned function is called.
func (w *world) follow(t *testing.T, name string, watched func() bool) (found chan struct{}, stop func()) {
	t.Helper()
	made, err := relay.New(relay.Config{Client: w.client, Store: w.store, Logger: slog.New(slog.DiscardHandler), Meter: noop.NewMeterProvider().Meter("")})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	found = make(chan struct{}, 1)
	var running sync.WaitGroup
	running.Go(func() { made.Follow(ctx, name, found, watched) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return found, stop
}

// finds commits so many transitions as the owner.
func (w *world) finds(t *testing.T, name string, count int) {
	t.Helper()
	require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: "device-of-" + name[len(name)-2:], Session: name, Since: time.Now()}))
	got, err := w.store.Acquire(t.Context(), name)
	require.NoError(t, err)
	var rows []store.Transition
	for number := range uint64(count) {
		row, err := outbox.Row(name, detector.Transition{
			Number: number + 1, Alarm: "asystole", Code: detector.Asystole, Change: detector.Escalated, Priority: detector.Critical, At: time.Now(),
		})
		require.NoError(t, err)
		rows = append(rows, row)
	}
	_, err = w.store.Commit(t.Context(), got.Lease, store.Progress{Transitions: rows})
	require.NoError(t, err)
}

// start starts what nobody serves.
func (w *world) start(t *testing.T, name string) {
	t.Helper()
	_, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: name, TaskQueue: "nobody"}, session.Type)
	require.NoError(t, err)
}

// signals are those in a workflow's history, by name, with the numbers of transitions.
func (w *world) signals(t *testing.T, name string) (numbers []int, watched int) {
	t.Helper()
	events := w.client.GetWorkflowHistory(t.Context(), name, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		signalled := event.GetWorkflowExecutionSignaledEventAttributes()
		switch signalled.GetSignalName() {
		case session.SignalTransition:
			require.Equal(t, "binary/encrypted", string(signalled.GetInput().GetPayloads()[0].GetMetadata()[converter.MetadataEncoding]), "it is sealed")
			var got session.Transition
			require.NoError(t, temporalclient.DataConverter(w.ring).FromPayloads(signalled.GetInput(), &got))
			numbers = append(numbers, got.Number)
		case session.SignalWatched:
			watched++
		}
	}
	return numbers, watched
}

func (w *world) owed(t *testing.T, name string) int {
	t.Helper()
	rows, err := w.store.Undelivered(t.Context(), name, 1000)
	require.NoError(t, err)
	return len(rows)
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 20*time.Second, 20*time.Millisecond, what)
}

func never() bool  { return false }
func always() bool { return true }

func TestRelay(t *testing.T) {
	w := open(t)
	t.Run("transitions arrive in their order, each once", w.inOrder)
	t.Run("what was given up is one signal", w.once)
	t.Run("a workflow that is not there is waited for", w.waits)
	t.Run("a session that has ended and closed is told no more", w.closed)
	t.Run("nobody is told of a session that has no name", w.unassigned)
	t.Run("a session that is watched is heard of", w.heard)
}

func (w *world) inOrder(t *testing.T) {
	const name, count = "session/S1", 120
	w.start(t, name)
	w.finds(t, name, count)
	w.follow(t, name, never)
	eventually(t, "all are delivered", func() bool { return w.owed(t, name) == 0 })
	numbers, watched := w.signals(t, name)
	require.Len(t, numbers, count)
	for i, number := range numbers {
		require.Equal(t, i+1, number)
	}
	require.Zero(t, watched)
}

// once: an owner that was stopped after the signal and before its mark.
func (w *world) once(t *testing.T) {
	const name = "session/S2"
	w.start(t, name)
	w.finds(t, name, 1)
	rows, err := w.store.Undelivered(t.Context(), name, 1)
	require.NoError(t, err)
	signal, err := outbox.Signal(rows[0])
	require.NoError(t, err)
	require.NoError(t, w.client.SignalWorkflow(temporalclient.WithRequestID(t.Context(), "session/S2/transition/1"), name, "", session.SignalTransition, signal))
	w.follow(t, name, never)
	eventually(t, "delivered", func() bool { return w.owed(t, name) == 0 })
	numbers, _ := w.signals(t, name)
	require.Equal(t, []int{1}, numbers)
}

func (w *world) waits(t *testing.T) {
	const name = "session/S3"
	w.finds(t, name, 2)
	w.follow(t, name, never)
	require.Never(t, func() bool { return w.owed(t, name) < 2 }, time.Second, 50*time.Millisecond)
	w.start(t, name)
	eventually(t, "delivered", func() bool { return w.owed(t, name) == 0 })
	numbers, _ := w.signals(t, name)
	require.Equal(t, []int{1, 2}, numbers)
}

func (w *world) closed(t *testing.T) {
	const name = "session/S4"
	w.start(t, name)
	w.finds(t, name, 1)
	require.NoError(t, w.client.TerminateWorkflow(t.Context(), name, "", ""))
	require.NoError(t, w.store.End(t.Context(), name, time.Now()))
	w.follow(t, name, never)
	eventually(t, "nobody is owed", func() bool { return w.owed(t, name) == 0 })
}

func (w *world) unassigned(t *testing.T) {
	_, err := w.store.Append(t.Context(), store.Received{Batch: readingOf("monitor-9")})
	require.NoError(t, err)
	got, err := w.store.Acquire(t.Context(), store.Unassigned)
	require.NoError(t, err)
	row, err := outbox.Row(store.Unassigned, detector.Transition{Number: 1, Change: detector.Raised, Priority: detector.Warning})
	require.NoError(t, err)
	_, err = w.store.Commit(t.Context(), got.Lease, store.Progress{Transitions: []store.Transition{row}})
	require.NoError(t, err)
	w.follow(t, store.Unassigned, always)
	eventually(t, "nobody is owed", func() bool { return w.owed(t, store.Unassigned) == 0 })
	rows, err := w.store.Transitions(t.Context(), store.Unassigned, 0, 1)
	require.NoError(t, err)
	require.True(t, rows[0].HandedAt.IsZero(), "its page is still to be made")
}

// heard: as long as the session is watched the activity goes on, and where there is
// none the workflow is asked for one, not at every beat.
func (w *world) heard(t *testing.T) {
	const silent, listening = "session/S5", "session/S6"
	w.start(t, silent)
	w.follow(t, silent, always)

	serves := worker.New(w.client, "listening", worker.Options{})
	serves.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			ActivityID: session.WatchActivity, StartToCloseTimeout: time.Hour, HeartbeatTimeout: 3 * time.Second,
			RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		})
		return workflow.ExecuteActivity(ctx, "listen").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: session.Type})
	serves.RegisterActivityWithOptions(func(context.Context) error { return activity.ErrResultPending }, activity.RegisterOptions{Name: "listen"})
	require.NoError(t, serves.Start())
	t.Cleanup(serves.Stop)
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: listening, TaskQueue: "listening"}, session.Type)
	require.NoError(t, err)
	_, stop := w.follow(t, listening, always)

	running := func() bool {
		about, err := w.client.DescribeWorkflowExecution(t.Context(), listening, run.GetRunID())
		require.NoError(t, err)
		return about.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	require.Never(t, func() bool { return !running() }, 6*time.Second, 500*time.Millisecond, "it hears that somebody watches")
	stop()
	eventually(t, "and that nobody does", func() bool { return !running() })
	_, asked := w.signals(t, silent)
	require.Equal(t, 1, asked)
}

func readingOf(device string) reading.Batch {
	return readingtest.New(device, 70, time.Now()).Next(time.Now())
}
