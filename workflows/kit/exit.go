package kit

import (
	"go.temporal.io/sdk/workflow"
)

// Drain reads every signal that has arrived. Facts enter the state; the loop
// looks at it again before it ends.
func (c *Core) Drain() {
	for _, drain := range c.drains {
		drain()
	}
}

// Finish is the one way out, for the end and for continue-as-new alike: every
// channel is drained and every handler has answered. It reports whether
// something came in meanwhile, in which case the loop must look again.
func (c *Core) Finish(ctx workflow.Context) (changed bool) {
	before := c.nudges
	c.collect(ctx)
	c.wait(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	c.collect(ctx)
	return c.nudges != before
}

// collect reads every signal of this task. One may already be in the hands of
// its receiver, which the SDK woke but which has not run: the loop runs first.
// So the receivers have a turn, and then what is left in the channels is read.
func (c *Core) collect(ctx workflow.Context) {
	yield(ctx)
	c.Drain()
}

// yield gives everybody else who can go on a turn in the same workflow task.
func yield(ctx workflow.Context) {
	others := false
	workflow.GoNamed(ctx, "yield", func(workflow.Context) { others = true })
	must(workflow.Await(ctx, func() bool { return others }))
}

// ContinueAsNew ends the run and hands the state on. Call it after Finish: what
// Finish found is part of the state.
func ContinueAsNew(ctx workflow.Context, workflowType string, input any) error {
	return workflow.NewContinueAsNewError(ctx, workflowType, input)
}
