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
	err := Signal(ctx, c, workflowID, signal, message)
	if err != nil {
		c.Note(ctx, "step", signal+" to "+workflowID+" not delivered: it has closed or does not exist")
	}
	entry.Status, entry.Result = StepDone, encodeResult(err == nil)
	return err == nil
}

// Signal is Tell for a caller that counts its own tries: it signals each time
// it is asked to. nil means that the other workflow took it; an error, that it
// does not exist or has closed.
func Signal[T any](ctx workflow.Context, c *Core, workflowID, signal string, message T) error {
	future := workflow.SignalExternalWorkflow(ctx, workflowID, "", signal, message)
	c.wait(ctx, future.IsReady)
	return future.Get(ctx, nil)
}

// Begin starts an entity that is described by data and lives its own life. One
// that runs already is as good as started; one that has closed begins again.
// An error means that it could not be started.
func Begin(ctx workflow.Context, c *Core, workflowID string, start Start) error {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflowID,
		TaskQueue:             start.TaskQueue,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	})
	started := workflow.ExecuteChildWorkflow(ctx, start.WorkflowType, start.Input).GetChildWorkflowExecution()
	c.wait(ctx, started.IsReady)
	err := started.Get(ctx, nil)
	var already *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &already) {
		return nil
	}
	return err
}

// Child starts a workflow that lives its own life: it survives this one, and
// only its start is awaited. One that runs already is as good as started.
func Child[T any](ctx workflow.Context, c *Core, step, workflowType, workflowID string, input T) bool {
	return ChildOn(ctx, c, "", step, workflowType, workflowID, input)
}

// ChildOn is Child on another task queue; "" is the parent's own.
func ChildOn[T any](ctx workflow.Context, c *Core, queue, step, workflowType, workflowID string, input T) bool {
	entry := c.entry(step)
	if entry.Status == StepDone {
		return decodeResult[bool](step, entry.Result)
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflowID,
		TaskQueue:             queue,
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
