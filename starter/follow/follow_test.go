package follow

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"guestjourney/activities/options"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/starter/taletest"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

const soon = 30 * time.Second

// world is a server, and a client that seals.
func world(t *testing.T) (client.Client, converter.DataConverter) {
	t.Helper()
	ring, err := codec.ParseRing("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")
	require.NoError(t, err)
	server := devserver.Start(t)
	connection, err := temporalclient.Dial(t.Context(), temporalclient.Options{
		Program: "test", Keys: ring, RequireKeys: true, PanicOnFailure: true, Address: server.HostPort, Namespace: devserver.Namespace,
	})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection, temporalclient.DataConverter(ring)
}

func begin(t *testing.T, connection client.Client, input taletest.Input) {
	t.Helper()
	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "journey/x", TaskQueue: options.QueueJourneys}, journey.Type, input)
	require.NoError(t, err)
}

func work(t *testing.T, connection client.Client, provider taletest.Provider) {
	t.Helper()
	stop, err := taletest.Workers(connection, provider)
	require.NoError(t, err)
	t.Cleanup(stop)
}

// record is what was told.
type record struct {
	mu    sync.Mutex
	looks []Look
	over  chan error
}

func follow(t *testing.T, connection client.Client, data converter.DataConverter) *record {
	t.Helper()
	r := &record{over: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { r.over <- Follow(ctx, connection, data, "journey/x", r.take) }()
	t.Cleanup(cancel)
	return r
}

func (r *record) take(look Look) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks = append(r.looks, look)
}

// told are the changes of some workflow, as "kind text".
func (r *record) told(workflow string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, look := range r.looks {
		for _, change := range look.Changes {
			if change.Workflow == workflow {
				list = append(list, change.Kind+" "+change.Text)
			}
		}
	}
	return list
}

func (r *record) await(t *testing.T, workflow, what string) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(r.told(workflow), what) }, soon, 20*time.Millisecond,
		"%s of %s", what, workflow)
}

// end waits until there is nothing to follow any more.
func (r *record) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.over:
		require.NoError(t, err)
	case <-time.After(soon):
		t.Fatal("it is still followed")
	}
}

func TestAJourneyIsFollowedToItsEnd(t *testing.T) {
	connection, data := world(t)
	release := make(chan struct{})
	work(t, connection, func(_ context.Context, key string) error {
		if strings.HasPrefix(key, "pay/") {
			<-release
		}
		return nil
	})
	begin(t, connection, taletest.Input{Plan: "pay/x", Call: true, Waits: options.Duration(time.Hour)})
	r := follow(t, connection, data)

	r.await(t, "journey/x", "stage offer")
	r.await(t, "journey/x", "money pending: 0 captured, 0 refunded (minor units)")
	r.await(t, "pay/x", "call payments.Charge (charge · deposit) under way")
	close(release)
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(r.told("pay/x"), func(s string) bool { return strings.HasPrefix(s, "call payments.Charge (charge · deposit) done in ") })
	}, soon, 20*time.Millisecond, "the plan's own call")

	require.NoError(t, connection.SignalWorkflow(t.Context(), "journey/x", "", kit.SignalContinueAsNew, kit.Empty{}))
	require.NoError(t, connection.SignalWorkflow(t.Context(), "journey/x", "", kit.SignalGuest, kit.Fact{ID: "1", Provider: "guest", Type: "intake"}))
	r.await(t, "journey/x", "fact guest intake")
	_, err := connection.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: "journey/x", UpdateName: kit.UpdateCancel, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{kit.Cancel{Envelope: kit.Envelope{Actor: "ana", Role: "operator", Reason: "r"}, By: "guest"}},
	})
	require.NoError(t, err)
	r.end(t)

	told := r.told("journey/x")
	require.Equal(t, []string{"stage closing", "closed completed"}, told[len(told)-2:])
	require.Equal(t, slices.Compact(slices.Sorted(slices.Values(told))), slices.Sorted(slices.Values(told)), "nothing is told twice, over continue-as-new as well")
}

func TestAWorkerThatDoesNotAnswerIsToldAndWaitedFor(t *testing.T) {
	connection, data := world(t)
	begin(t, connection, taletest.Input{Waits: options.Duration(time.Hour)})
	r := follow(t, connection, data)
	r.await(t, "journey/x", "notice no worker answers; is one running? What follows comes from the history alone")
	r.mu.Lock()
	require.True(t, r.looks[len(r.looks)-1].Unanswered)
	r.mu.Unlock()

	work(t, connection, nil)
	r.await(t, "journey/x", "notice a worker answers again")
	r.await(t, "journey/x", "stage offer")
}

func TestWhatCannotBeFollowedIsAnError(t *testing.T) {
	connection, data := world(t)
	require.ErrorContains(t, Follow(t.Context(), connection, data, "journey/nobody", func(Look) {}), "follow journey/nobody")

	begin(t, connection, taletest.Input{Waits: options.Duration(time.Hour)})
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- Follow(ctx, connection, data, "journey/x", func(Look) { cancel() }) }()
	require.ErrorIs(t, <-over, context.Canceled)
	require.False(t, errors.Is(t.Context().Err(), context.Canceled))
}
