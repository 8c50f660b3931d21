package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/failure"
	"guestjourney/internal/devserver"
	"guestjourney/starter/taletest"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// repairs asks until the list has a length: visibility lags behind.
func repairs(t *testing.T, length int) []Repair {
	t.Helper()
	var found []Repair
	require.Eventually(t, func() bool {
		code, stdout, _ := cli(t, "", "repair", "-o", "json")
		found = nil
		require.NoError(t, json.Unmarshal([]byte(stdout), &found))
		require.Equal(t, len(found) > 0, code == exitFound, "the exit code tells")
		return len(found) == length
	}, soon, 100*time.Millisecond, "want %d", length)
	return found
}

func TestRepairFindsADeadJourneyWithOpenEffectsUntilItIsResetOrItsPlanEnds(t *testing.T) {
	connection := house(t)
	entered, release := make(chan string, 10), make(chan struct{})
	stop := work(t, connection, func(ctx context.Context, key string) error {
		entered <- key
		if !strings.HasPrefix(key, "journey/") {
			return nil
		}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil
	})
	require.Empty(t, repairs(t, 0))
	_, stdout, _ := cli(t, "", "repair")
	require.Equal(t, "nothing to repair\n", stdout)

	begin(t, connection, journey.Type, "journey/x", taletest.Input{Plan: "pay/x", Call: true})
	for !strings.HasPrefix(<-entered, "journey/x/") {
	}
	require.NoError(t, connection.TerminateWorkflow(t.Context(), "journey/x", "", "a mistake"))

	one := repairs(t, 1)[0]
	require.Equal(t, repairBroken, one.Kind)
	require.Equal(t, "journey/x", one.Workflow)
	require.Equal(t, []string{"terminated in begun", "charge was under way: it may have happened", "pay/x still runs"}, one.What)
	require.Contains(t, one.Commands[0], "temporal workflow reset --namespace guest-journeys --workflow-id journey/x --run-id "+one.RunID+" --type LastWorkflowTask")
	require.Contains(t, one.Commands[1], "starter update pay/x cancel")
	code, stdout, stderr := cli(t, "", "repair")
	require.Equal(t, exitFound, code)
	require.Contains(t, stdout, "broken  journey/x  terminated in begun; charge was under way: it may have happened; pay/x still runs\n")
	require.Equal(t, "starter: 1 to repair; the commands above help\n", stderr)

	close(release)
	stop()
	require.Equal(t, one.What, repairs(t, 1)[0].What, "no worker is needed")

	work(t, connection, func(context.Context, string) error { return nil })
	resetToLastTask(t, connection, one)
	require.Empty(t, repairs(t, 0), "what the command brings back is no finding any more")
	awaitStatus(t, "x", "stage: offer")

	require.NoError(t, connection.TerminateWorkflow(t.Context(), "journey/x", "", "again"))
	require.Equal(t, []string{"terminated in offer", "pay/x still runs"}, repairs(t, 1)[0].What, "the effect is done")
	cancelTale(t, "pay/x")
	require.Empty(t, repairs(t, 0))
}

func resetToLastTask(t *testing.T, connection client.Client, one Repair) {
	t.Helper()
	last := int64(0)
	events := connection.GetWorkflowHistory(t.Context(), one.Workflow, one.RunID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			last = event.GetEventId()
		}
	}
	_, err := connection.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: devserver.Namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: one.Workflow, RunId: one.RunID},
		Reason: "test", RequestId: "reset", WorkflowTaskFinishEventId: last,
	})
	require.NoError(t, err)
}

func TestRepairFindsParkedStepsAndWhatTheyLeave(t *testing.T) {
	connection := house(t)
	stop := work(t, connection, func(context.Context, string) error {
		return &failure.Error{Provider: "stripe", Operation: "charge", Class: failure.Permanent, Advice: "mend it"}
	})
	for _, id := range []string{"journey/skipped", "journey/parked"} {
		begin(t, connection, journey.Type, id, taletest.Input{Call: true})
		awaitStatus(t, id, "status: parked")
	}
	found := repairs(t, 2)
	require.Equal(t, repairParked, found[0].Kind)
	require.Contains(t, []string{found[0].Commands[0], found[1].Commands[0]},
		`starter update journey/parked retry_step --actor <you> --role engineer --reason <why> -d '{"step":"charge"}'`)

	code, _, stderr := cli(t, "", "update", "journey/skipped", "skip_step", "--actor", "ana", "--role", "engineer", "--reason", "r", "-d", `{"step":"charge"}`)
	require.Zero(t, code, stderr)
	require.NoError(t, connection.SignalWorkflow(t.Context(), "journey/parked", "", kit.SignalContinueAsNew, kit.Empty{}))
	require.Eventually(t, func() bool {
		described, err := connection.DescribeWorkflowExecution(t.Context(), "journey/parked", "")
		info := described.GetWorkflowExecutionInfo()
		return err == nil && info.GetFirstRunId() != info.GetExecution().GetRunId()
	}, soon, 100*time.Millisecond)
	awaitStatus(t, "journey/skipped", "stage: offer")
	for _, id := range []string{"journey/skipped", "journey/parked"} {
		require.NoError(t, connection.TerminateWorkflow(t.Context(), id, "", "a mistake"))
	}
	stop() // the history alone tells
	one := repairs(t, 1)[0]
	require.Equal(t, "journey/parked", one.Workflow, "what was given up is not open")
	require.Equal(t, "charge parked", one.What[1], "the run before left it open")
}

func TestRepairDropsWhatTheJourneyKnowsToBeOver(t *testing.T) {
	connection := house(t)
	work(t, connection, func(context.Context, string) error {
		return &failure.Error{Provider: "stripe", Operation: "charge", Class: failure.Permanent, Advice: "mend it"}
	})
	begin(t, connection, journey.Type, "journey/x", taletest.Input{Call: true, Before: time.Now().Add(5 * time.Second)})
	awaitStatus(t, "x", "status: parked")
	awaitStatus(t, "x", "stage: offer")
	require.NoError(t, connection.TerminateWorkflow(t.Context(), "journey/x", "", "a mistake"))
	require.Eventually(t, func() bool {
		_, stdout, _ := cli(t, "", "list", "--query", "ExecutionStatus = 'Terminated'", "-o", "json")
		return strings.Contains(stdout, "journey/x")
	}, soon, 100*time.Millisecond)
	require.Empty(t, repairs(t, 0), "its time has passed: the history alone does not tell")
}

func TestRepairFindsPastDueDeadlinesAndAMissingWorker(t *testing.T) {
	connection := house(t)
	lateAttribute(t, connection, "journey/x")
	one := repairs(t, 1)[0]
	require.Equal(t, repairPastDue, one.Kind)
	require.Regexp(t, `^in offer, its deadline of .* is 1 h 0 min late$`, one.What[0])
	require.Equal(t, "start a worker: none polls the queue journeys", one.Commands[0])
	require.Equal(t, "starter explain journey/x", one.Commands[1])
	require.Contains(t, one.Commands[2], "http://127.0.0.1:8233/namespaces/guest-journeys/workflows/journey%2Fx/"+one.RunID+"/history")

	work(t, connection, nil)
	require.Equal(t, "starter explain journey/x", repairs(t, 1)[0].Commands[0], "a worker polls: that is not it")
}
