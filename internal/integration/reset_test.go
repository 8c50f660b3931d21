package integration

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/internal/devserver"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// TestAResetHandsACallOnAndItIsMadeOnce: a reset to an instant at which a call
// was under way gives the new run that call with its old input, which says that
// it is the first try. It is not.
func TestAResetHandsACallOnAndItIsMadeOnce(t *testing.T) {
	h := open(t, settings{emailActivity: true})
	require.NoError(t, h.sandbox.SetFault(sandbox.Fault{Provider: "sendgrid", Operation: "mail.send", Kind: sandbox.FaultLatency, Delay: 2 * time.Second, Count: 1}))
	id := h.begin(lead(1))
	h.eventually(30*time.Second, "the mail is under way", func() bool { return h.askedFor(id, "email.Send") > 0 })
	h.tells(id, kit.SignalMessageStatus, kit.Fact{ID: "meanwhile", Provider: "twilio", Type: "delivered", OccurredAt: time.Now().UTC()})
	h.reaches(id, journey.StageConversing, 45*time.Second)
	h.allDelivered()
	run := h.run(id)

	_, err := h.client.ResetWorkflowExecution(context.Background(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: devserver.Namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: id, RunId: run}, Reason: "test", RequestId: "reset-" + id,
		WorkflowTaskFinishEventId: h.taskDuring(id, h.askedFor(id, "email.Send")),
	})

	require.NoError(t, err)
	h.eventually(30*time.Second, "the new run waits for the guest", func() bool {
		view, err := h.status(id)
		return err == nil && h.run(id) != run && view.Stage == journey.StageConversing
	})
	h.once()
}

// askedFor is the event that first asked for an activity; 0 if none has yet.
func (h *house) askedFor(id, activity string) (event int64) {
	h.each(id, func(e *history.HistoryEvent) {
		if event == 0 && e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity {
			event = e.GetEventId()
		}
	})
	return event
}

// taskDuring is the workflow task that came while an activity was under way.
func (h *house) taskDuring(id string, scheduled int64) (task int64) {
	h.t.Helper()
	over := false
	h.each(id, func(e *history.HistoryEvent) {
		over = over || e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId() == scheduled
		if task == 0 && !over && e.GetEventId() > scheduled && e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			task = e.GetEventId()
		}
	})
	require.NotZero(h.t, task, "nothing happened while the activity was under way")
	return task
}

func (h *house) each(id string, look func(*history.HistoryEvent)) {
	h.t.Helper()
	events := h.client.GetWorkflowHistory(context.Background(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(h.t, err)
		look(event)
	}
}
