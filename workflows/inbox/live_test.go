package inbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/options"
	"guestjourney/internal/devserver"
	"guestjourney/workflows"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
	"guestjourney/workflows/profile"
)

// house is a real server with a worker of every workflow type.
type house struct {
	t *testing.T
	client.Client
}

func open(t *testing.T) *house {
	t.Helper()
	connection := devserver.Start(t).Client()
	serves := worker.New(connection, options.QueueJourneys, worker.Options{})
	workflows.Register(serves, playtest.Policy)
	require.NoError(t, serves.Start())
	t.Cleanup(serves.Stop)
	return &house{t, connection}
}

// text is a text message that nobody has claimed; its taker needs no provider.
func text(target string) inbox.Input {
	return inbox.Input{
		Provider: "twilio", Type: "message_in", Event: key, Target: target, Signal: kit.SignalMessageIn,
		Fact:       kit.Fact{ID: "SM1", Provider: "twilio", Type: "message_in", OccurredAt: begin, Data: map[string]string{"body": "hello"}},
		ReceivedAt: begin, Pace: options.Pace{RetryFirst: options.Duration(200 * time.Millisecond), RetryMax: options.Duration(time.Second)},
	}
}

func (h *house) start(id, workflowType string, input any) client.WorkflowRun {
	h.t.Helper()
	run, err := h.ExecuteWorkflow(h.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys}, workflowType, input)
	require.NoError(h.t, err)
	return run
}

// status waits until a workflow shows what is wanted.
func status[T any](h *house, id string, wanted func(T) bool) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		var view T
		value, err := h.QueryWorkflow(h.t.Context(), id, "", kit.QueryStatus)
		return err == nil && value.Get(&view) == nil && wanted(view)
	}, 30*time.Second, 50*time.Millisecond, id)
}

// events are those of a history that are of one type.
func (h *house) events(id string, kind enumspb.EventType) (found []*historypb.HistoryEvent) {
	h.t.Helper()
	all := h.GetWorkflowHistory(h.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for all.HasNext() {
		event, err := all.Next()
		require.NoError(h.t, err)
		if event.GetEventType() == kind {
			found = append(found, event)
		}
	}
	return found
}

func (h *house) ended(run client.WorkflowRun) (result inbox.Result) {
	h.t.Helper()
	require.NoError(h.t, run.Get(h.t.Context(), &result))
	return result
}

func (h *house) command(id, update string, input any) (outcome kit.Outcome) {
	h.t.Helper()
	handle, err := h.UpdateWorkflow(h.t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: update, Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(h.t, err)
	require.NoError(h.t, handle.Get(h.t.Context(), &outcome))
	return outcome
}

func TestOnAServer(t *testing.T) {
	h := open(t)
	t.Run("the event comes first, its workflow later", func(t *testing.T) {
		const target = "claim/phone/late"
		id := inbox.ID("twilio", key)
		run := h.start(id, inbox.Type, text(target))
		status(h, id, func(view inbox.Overview) bool { return view.Tries >= 2 && view.WaitsFor != "" })
		h.start(target, profile.ClaimType, profile.ClaimInput{Kind: profile.KindPhone})
		result := h.ended(run)
		require.Equal(t, inbox.StageRouted, result.Stage)
		require.Equal(t, target, result.Target)
		require.Len(t, h.events(id, enumspb.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED), 1, "routed once")

		// The sender comes again, and finds the workflow by itself.
		require.NoError(t, h.SignalWorkflow(t.Context(), target, "", kit.SignalMessageIn, text(target).Fact))
		require.Eventually(t, func() bool { // a signal that meets a workflow task enters the history after it
			return len(h.events(target, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)) == 2
		}, 30*time.Second, 50*time.Millisecond)
		status(h, target, func(view profile.ClaimOverview) bool { return view.Waiting == 1 })
		h.shows("WorkflowId = '"+id+"' AND Stage = 'routed' AND Attention IS NULL", 1)
	})
	t.Run("an event with a start needs to wait for nobody", func(t *testing.T) {
		input := text("claim/phone/begun")
		input.Start = &kit.Start{WorkflowType: profile.ClaimType, TaskQueue: options.QueueJourneys, Input: json.RawMessage(`{"kind":"phone"}`)}
		require.Equal(t, inbox.Result{Stage: inbox.StageRouted, Target: input.Target, Tries: 1}, h.ended(h.start("inbound/twilio/start", inbox.Type, input)))
		status(h, input.Target, func(view profile.ClaimOverview) bool { return view.Waiting == 1 })
	})
	t.Run("a closed workflow is none, and an operator knows another", func(t *testing.T) {
		const closed, other, id = "claim/phone/closed", "claim/phone/other", "inbound/twilio/closed"
		for _, claim := range []string{closed, other} {
			h.start(claim, profile.ClaimType, profile.ClaimInput{Kind: profile.KindPhone})
		}
		require.NoError(t, h.TerminateWorkflow(t.Context(), closed, "", "test"))
		run := h.start(id, inbox.Type, text(closed))
		status(h, id, func(view inbox.Overview) bool { return view.Tries >= 1 && view.WaitsFor != "" })

		wrong := h.command(id, inbox.UpdateRoute, inbox.Route{Envelope: operator(), Target: "claim/phone/typo"})
		require.Contains(t, []string{"pending", "failed"}, wrong.Status, "it is never done")
		status(h, id, func(view inbox.Overview) bool { return len(view.Commands) == 1 && view.Commands[0].Status == "failed" })
		right := h.command(id, inbox.UpdateRoute, inbox.Route{Envelope: operator(), Target: other})
		require.Contains(t, []string{"pending", "done"}, right.Status)
		require.Equal(t, other, h.ended(run).Target)
		status(h, id, func(view inbox.Overview) bool { return view.Commands[1].Status == "done" })
		status(h, other, func(view profile.ClaimOverview) bool { return view.Waiting == 1 })
	})
	t.Run("it continues as new, and Temporal's Cancel discards it", func(t *testing.T) {
		const id = "inbound/twilio/cancelled"
		run := h.start(id, inbox.Type, text("claim/phone/never"))
		status(h, id, func(view inbox.Overview) bool { return view.Tries >= 1 && view.WaitsFor != "" })
		require.NoError(t, h.SignalWorkflow(t.Context(), id, "", kit.SignalContinueAsNew, kit.Empty{}))
		require.Eventually(t, func() bool {
			now, err := h.DescribeWorkflowExecution(t.Context(), id, "")
			return err == nil && now.GetWorkflowExecutionInfo().GetExecution().GetRunId() != run.GetRunID()
		}, 30*time.Second, 50*time.Millisecond)
		require.NoError(t, h.CancelWorkflow(t.Context(), id, ""))
		require.Equal(t, inbox.StageDiscarded, h.ended(run).Stage)
		h.shows("WorkflowId = '"+id+"' AND Stage = 'discarded'", 1)
	})
}

// shows waits until visibility has caught up.
func (h *house) shows(query string, count int64) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		answer, err := h.CountWorkflow(h.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		return err == nil && answer.GetCount() == count
	}, 20*time.Second, 100*time.Millisecond, query)
}
