package temporalclient_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
)

// patience bounds every wait for the server.
const patience = 60 * time.Second

func secret(b byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, codec.KeySize))
}

// The key rings of a rotation that is done in the wrong order.
var (
	oldKeys = "k1:" + secret(1)
	newKeys = "k2:" + secret(2) + ",k1:" + secret(1)
)

func ring(t testing.TB, text string) *codec.Ring {
	t.Helper()
	ring, err := codec.ParseRing(text)
	require.NoError(t, err)
	return ring
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dial connects as a program would, or as a worker with panics.
func dial(t testing.TB, server *devserver.Server, keys string, forWorker bool) client.Client {
	t.Helper()
	connection, err := temporalclient.Dial(within(t), temporalclient.Options{
		Program: "test", Keys: ring(t, keys), RequireKeys: true, PanicOnFailure: forWorker,
		Address: server.HostPort, Namespace: devserver.Namespace,
	})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection
}

// story is a workflow that reads every kind of payload.
func story(ctx workflow.Context, opening string) (string, error) {
	lines := []string{opening}
	if err := workflow.SetQueryHandler(ctx, "lines", func(prefix string) (string, error) {
		return prefix + strings.Join(lines, " "), nil
	}); err != nil {
		return "", err
	}
	if err := workflow.SetUpdateHandler(ctx, "write", func(_ workflow.Context, line string) (string, error) {
		lines = append(lines, line)
		return line, nil
	}); err != nil {
		return "", err
	}
	signals := workflow.GetSignalChannel(ctx, "write")
	for {
		var line string
		signals.Receive(ctx, &line)
		switch line {
		case "end":
			return strings.Join(lines, " "), nil
		case "ask", "fail":
			lines = append(lines, answer(ctx, line))
		default:
			lines = append(lines, line)
		}
	}
}

func answer(ctx workflow.Context, question string) string {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: workflow.GetInfo(ctx).TaskQueueName + "-activities", ScheduleToCloseTimeout: patience,
		StartToCloseTimeout: patience, RetryPolicy: &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 1},
	})
	var said string
	if err := workflow.ExecuteActivity(ctx, "say", question).Get(ctx, &said); err != nil {
		var application *temporal.ApplicationError
		if !asApplication(err, &application) {
			return "unexpected"
		}
		return application.Message()
	}
	return said
}

func say(_ context.Context, question string) (string, error) {
	if question == "fail" {
		return "", temporal.NewNonRetryableApplicationError("refused-with-reason", "Refused", nil)
	}
	return "answered:" + question, nil
}

// runWorkflows starts a worker for the story; the result stops it.
func runWorkflows(t testing.TB, on client.Client, queue string) func() {
	t.Helper()
	w := worker.New(on, queue, worker.Options{StickyScheduleToStartTimeout: time.Second})
	w.RegisterWorkflowWithOptions(story, workflow.RegisterOptions{Name: "story"})
	return started(t, w)
}

// runActivities starts a worker for what the story asks.
func runActivities(t testing.TB, on client.Client, queue string) func() {
	t.Helper()
	w := worker.New(on, queue+"-activities", worker.Options{DisableWorkflowWorker: true})
	w.RegisterActivityWithOptions(say, activity.RegisterOptions{Name: "say"})
	return started(t, w)
}

func started(t testing.TB, w worker.Worker) func() {
	t.Helper()
	require.NoError(t, w.Start())
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			w.Stop()
		}
	}
	t.Cleanup(stop)
	return stop
}

func begin(t testing.TB, on client.Client, queue, opening string) client.WorkflowRun {
	t.Helper()
	run, err := on.ExecuteWorkflow(within(t), client.StartWorkflowOptions{ID: "story/" + queue, TaskQueue: queue}, "story", opening)
	require.NoError(t, err)
	return run
}

func tell(t testing.TB, on client.Client, run client.WorkflowRun, line string) {
	t.Helper()
	require.NoError(t, on.SignalWorkflow(within(t), run.GetID(), run.GetRunID(), "write", line))
}

func ending(t testing.TB, run client.WorkflowRun) string {
	t.Helper()
	var text string
	require.NoError(t, run.Get(within(t), &text))
	return text
}

// awaitEvent follows the history until an event of this type.
func awaitEvent(t testing.TB, on client.Client, run client.WorkflowRun, want enums.EventType) *history.HistoryEvent {
	t.Helper()
	events := on.GetWorkflowHistory(within(t), run.GetID(), run.GetRunID(), true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if event.GetEventType() == want {
			return event
		}
	}
	t.Fatalf("no %s in the history of %s", want, run.GetID())
	return nil
}

// awaitBlocked waits until the workflow task has failed for want of a key.
func awaitBlocked(t testing.TB, on client.Client, run client.WorkflowRun) {
	t.Helper()
	failed := awaitEvent(t, on, run, enums.EVENT_TYPE_WORKFLOW_TASK_FAILED)
	require.Equal(t, enums.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, failed.GetWorkflowTaskFailedEventAttributes().GetCause())
	described, err := on.DescribeWorkflowExecution(within(t), run.GetID(), run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
}

func queueName(t testing.TB) string {
	return fmt.Sprintf("%s-%d", strings.ReplaceAll(strings.ToLower(t.Name()), "/", "-"), time.Now().UnixNano())
}
