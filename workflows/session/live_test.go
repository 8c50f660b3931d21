package session_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/activities/records"
	"guestjourney/activities/watching"
	"guestjourney/internal/devserver"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
	"guestjourney/workflows/session"
)

// What a session of 8 hours may cost: performance is a promise of the house.
const (
	alarmsOfASession = 40
	maxEvents        = 1500
	maxBytes         = 1 << 20
	// played is a quarter of them; what the first page's ladder and the watching cost is
	// counted four times.
	played = alarmsOfASession / 4
)

// TestASessionOfFortyAlarmsStaysSmall plays the alarms of 2 hours on a real
// server, one after the other and all of them critical: raised, paged,
// acknowledged, cleared. The hours between them add nothing.
func TestASessionOfFortyAlarmsStaysSmall(t *testing.T) {
	t.Parallel()
	server := devserver.Start(t).Client()
	pages := &house{}
	serves := worker.New(server, options.QueueSessions, worker.Options{})
	serves.RegisterWorkflowWithOptions(session.Workflow(playtest.Policy), workflow.RegisterOptions{Name: session.Type})
	serves.RegisterActivityWithOptions(pages, activity.RegisterOptions{Name: paging.Prefix})
	serves.RegisterActivityWithOptions(&watching.Activities{Desk: pages}, activity.RegisterOptions{Name: watching.Prefix})
	require.NoError(t, serves.Start())
	t.Cleanup(serves.Stop)
	files := worker.New(server, options.QueueRecords, worker.Options{})
	files.RegisterActivityWithOptions(pages.File, activity.RegisterOptions{Name: records.Prefix + "File"})
	require.NoError(t, files.Start())
	t.Cleanup(files.Stop)

	// The journey is another session here: what matters is that it can be told.
	journeyRun := start(t, server, "session/journey", "")
	run := start(t, server, id, journeyRun.GetID())
	begun, _ := size(t, server, run)
	for i := range played {
		transition(t, server, 2*i+1, session.Raised)
		require.Eventually(t, func() bool { return pages.paged(2*i + 1) }, 20*time.Second, 2*time.Millisecond, "page %d", i+1)
		command(t, server, session.UpdateAcknowledge, session.Acknowledge{Envelope: nurse(), Alarm: brady})
		transition(t, server, 2*i+2, session.Cleared)
	}
	alarmed, _ := size(t, server, run)
	command(t, server, session.UpdateEnd, nurse())
	var result session.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Zero(t, pages.again.Load(), "every page is a first try")
	require.Equal(t, played, result.Criticals)

	events, bytes := size(t, server, run)
	t.Logf("%d alarms: %d events, %d bytes; %d events before the first", played, events, bytes, begun)
	require.LessOrEqual(t, begun+4*(alarmed-begun)+events-alarmed, int64(maxEvents))
	require.LessOrEqual(t, 4*bytes, int64(maxBytes))
	replay(t, server, run)
}

// size is that of a run's history by now.
func size(t *testing.T, server client.Client, run client.WorkflowRun) (events, bytes int64) {
	t.Helper()
	described, err := server.DescribeWorkflowExecution(t.Context(), run.GetID(), run.GetRunID())
	require.NoError(t, err)
	info := described.GetWorkflowExecutionInfo()
	return info.GetHistoryLength(), info.GetHistorySizeBytes()
}

// replay: what runs beside the loop comes in the same order when a worker reads
// the history again.
func replay(t *testing.T, server client.Client, run client.WorkflowRun) {
	t.Helper()
	var history historypb.History
	events := server.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		history.Events = append(history.Events, event)
	}
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(session.Workflow(playtest.Policy), workflow.RegisterOptions{Name: session.Type})
	require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(nil, &history, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: run.GetID(), RunID: run.GetRunID()},
	}))
}

// house is the port's activities with a provider that is always there.
type house struct {
	made  atomic.Int64
	about sync.Map     // the numbers of transitions that were paged for
	again atomic.Int64 // pages that may have been made before
}

func (h *house) paged(transition int) bool {
	_, made := h.about.Load(transition)
	return made
}

func (h *house) Page(_ context.Context, command options.Command[paging.Page]) (paging.Receipt, error) {
	if !command.Effect.FirstTry {
		h.again.Add(1)
	}
	h.about.Store(command.Request.Transition, true)
	return paging.Receipt{ID: fmt.Sprintf("SM%032d", h.made.Add(1)), HandedAt: time.Now()}, nil
}

func (h *house) Ladder(context.Context, paging.LadderRequest) (paging.Ladder, error) {
	return paging.Ladder{Rungs: rota()}, nil
}

func (h *house) File(context.Context, options.Command[records.Request]) (records.Filed, error) {
	return records.Filed{Ref: "r/1"}, nil
}

func (h *house) Watch(context.Context, options.Effect, watching.Session) error { return nil }

func (h *house) End(context.Context, options.Effect, watching.End) error { return nil }

func start(t *testing.T, server client.Client, workflowID, notify string) client.WorkflowRun {
	t.Helper()
	now := time.Now()
	given := input()
	given.Notify, given.LatestEnd = notify, now.Add(8*time.Hour)
	given.Clearance.ValidUntil = now.Add(time.Hour)
	run, err := server.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflowID, TaskQueue: options.QueueSessions}, session.Type, given)
	require.NoError(t, err)
	return run
}

func transition(t *testing.T, server client.Client, number int, change session.Change) {
	t.Helper()
	require.NoError(t, server.SignalWorkflow(t.Context(), id, "", session.SignalTransition, session.Transition{
		Number: number, Alarm: brady, Code: "HR-LOW", Origin: "physiological", Change: change, Priority: session.Critical,
		Episode: (number + 1) / 2, At: time.Now(), PageKey: fmt.Sprintf("%s/%d", id, number),
	}))
}

func command(t *testing.T, server client.Client, update string, input any) {
	t.Helper()
	handle, err := server.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: update, Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(t, err)
	var outcome kit.Outcome
	require.NoError(t, handle.Get(t.Context(), &outcome))
	require.Equal(t, "done", outcome.Status)
}
