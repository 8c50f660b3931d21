package temporalclient_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/internal/devserver"
)

func asApplication(err error, target **temporal.ApplicationError) bool { return errors.As(err, target) }

// TestMissingKeyBlocksAndLosesNothing rotates keys in the wrong order: programs
// seal with a key that the worker does not have yet. Wherever the worker meets
// such a payload, it neither ends nor fails the workflow; once it has the key,
// everything goes on.
func TestMissingKeyBlocksAndLosesNothing(t *testing.T) {
	server := devserver.Start(t)
	behind := dial(t, server, oldKeys, true)   // a worker without the new key
	upToDate := dial(t, server, newKeys, true) // the same after the rollout
	program := dial(t, server, newKeys, false) // proxy or CLI, rolled out too early

	t.Run("start input", func(t *testing.T) {
		t.Parallel()
		queue := queueName(t)
		stop := runWorkflows(t, behind, queue)
		run := begin(t, program, queue, "opening")
		awaitBlocked(t, program, run)
		stop()
		runWorkflows(t, upToDate, queue)
		tell(t, program, run, "end")
		require.Equal(t, "opening", ending(t, run))
	})

	t.Run("signal", func(t *testing.T) {
		t.Parallel()
		queue := queueName(t)
		stop := runWorkflows(t, behind, queue)
		run := begin(t, dial(t, server, oldKeys, false), queue, "opening")
		awaitEvent(t, program, run, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
		tell(t, program, run, "first")
		awaitBlocked(t, program, run)
		tell(t, program, run, "second")
		stop()
		runWorkflows(t, upToDate, queue)
		tell(t, program, run, "end")
		require.Equal(t, "opening first second", endingOf(t, program, run))
	})

	t.Run("update", func(t *testing.T) {
		t.Parallel()
		queue := queueName(t)
		stop := runWorkflows(t, behind, queue)
		run := begin(t, dial(t, server, oldKeys, false), queue, "opening")
		awaitEvent(t, program, run, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
		said := make(chan error, 1)
		go func() {
			handle, err := program.UpdateWorkflow(context.WithoutCancel(t.Context()), client.UpdateWorkflowOptions{
				WorkflowID: run.GetID(), UpdateName: "write", Args: []any{"commanded"}, WaitForStage: client.WorkflowUpdateStageCompleted,
			})
			if err == nil {
				err = handle.Get(context.WithoutCancel(t.Context()), nil)
			}
			said <- err
		}()
		awaitBlocked(t, program, run)
		stop()
		runWorkflows(t, upToDate, queue)
		require.NoError(t, <-said)
		tell(t, program, run, "end")
		require.Equal(t, "opening commanded", endingOf(t, program, run))
	})

	t.Run("activity input", func(t *testing.T) {
		t.Parallel()
		queue := queueName(t)
		runWorkflows(t, upToDate, queue)
		stop := runActivities(t, behind, queue)
		run := begin(t, program, queue, "opening")
		tell(t, program, run, "ask")
		require.Eventually(t, func() bool {
			described, err := program.DescribeWorkflowExecution(within(t), run.GetID(), "")
			require.NoError(t, err)
			for _, pending := range described.GetPendingActivities() {
				if pending.GetAttempt() >= 3 {
					require.Equal(t, "PanicError", pending.GetLastFailure().GetApplicationFailureInfo().GetType())
					require.False(t, pending.GetLastFailure().GetApplicationFailureInfo().GetNonRetryable())
					return true
				}
			}
			return false
		}, patience, 50*time.Millisecond)
		stop()
		runActivities(t, upToDate, queue)
		tell(t, program, run, "end")
		require.Equal(t, "opening answered:ask", ending(t, run))
	})

	for question, want := range map[string]string{"ask": "opening answered:ask", "fail": "opening refused-with-reason"} {
		t.Run("activity outcome "+question, func(t *testing.T) {
			t.Parallel()
			queue := queueName(t)
			stop := runWorkflows(t, behind, queue)
			runActivities(t, upToDate, queue)
			old := dial(t, server, oldKeys, false)
			run := begin(t, old, queue, "opening")
			tell(t, old, run, question)
			awaitBlocked(t, program, run)
			stop()
			runWorkflows(t, upToDate, queue)
			tell(t, program, run, "end")
			require.Equal(t, want, endingOf(t, program, run))
		})
	}

	t.Run("query arguments", func(t *testing.T) {
		t.Parallel()
		queue := queueName(t)
		runWorkflows(t, behind, queue)
		old := dial(t, server, oldKeys, false)
		run := begin(t, old, queue, "opening")
		awaitEvent(t, old, run, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := program.QueryWorkflow(ctx, run.GetID(), "", "lines", "> ")
		require.Error(t, err, "the worker cannot read the question")

		answer, err := old.QueryWorkflow(within(t), run.GetID(), "", "lines", "> ")
		require.NoError(t, err, "the worker lives")
		var text string
		require.NoError(t, answer.Get(&text))
		require.Equal(t, "> opening", text)
	})
}

// endingOf reads the result with the keys of another client than the starter's.
func endingOf(t *testing.T, on client.Client, run client.WorkflowRun) string {
	t.Helper()
	return ending(t, on.GetWorkflow(within(t), run.GetID(), run.GetRunID()))
}

// TestProgramsGetAnError: only workers panic.
func TestProgramsGetAnError(t *testing.T) {
	server := devserver.Start(t)
	runWorkflows(t, dial(t, server, newKeys, true), "errors")
	run := begin(t, dial(t, server, newKeys, false), "errors", "opening")
	tell(t, dial(t, server, newKeys, false), run, "end")

	program := dial(t, server, oldKeys, false)
	err := program.GetWorkflow(within(t), run.GetID(), "").Get(within(t), new(string))
	require.ErrorContains(t, err, `unknown key "k2"`)
}
