package kit

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
)

// Tell signals another workflow, once per step name. It reports whether the
// other one took it; false means that it does not exist or has closed.
func Tell[T any](ctx workflow.Context, c *Core, step, workflowID, signal string, message T) bool {
	entry := c.entry(step)
	if entry.Status == StepDone {
		return decodeResult[bool](step, entry.Result)
	}
	future := workflow.SignalExternalWorkflow(ctx, workflowID, "", signal, message)
	c.wait(ctx, future.IsReady)
	err := future.Get(ctx, nil)
	if err != nil {
		c.Note(ctx, "step", signal+" to "+workflowID+" not delivered: it has closed or does not exist")
	}
	entry.Status, entry.Result = StepDone, encodeResult(err == nil)
	return err == nil
}

// Child starts a workflow that lives its own life: it survives this one, and
// only its start is awaited. One that runs already is as good as started.
func Child[T any](ctx workflow.Context, c *Core, step, workflowType, workflowID string, input T) bool {
	entry := c.entry(step)
	if entry.Status == StepDone {
		return decodeResult[bool](step, entry.Result)
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflowID,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         options.Summary(c.face().Summary()),
	})
	started := workflow.ExecuteChildWorkflow(ctx, workflowType, input).GetChildWorkflowExecution()
	c.wait(ctx, started.IsReady)
	err := started.Get(ctx, nil)
	var already *temporal.ChildWorkflowExecutionAlreadyStartedError
	fresh := !errors.As(err, &already)
	if err != nil && fresh {
		// The start of a child with a fixed type, queue and ID can only fail
		// when it is cancelled, and this context is disconnected.
		panic("child " + workflowID + " could not be started: " + err.Error())
	}
	entry.Status, entry.Result = StepDone, encodeResult(fresh)
	c.Note(ctx, "step", "started "+workflowID)
	return fresh
}
