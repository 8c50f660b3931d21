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
	c.Drain()
	c.wait(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	c.Drain()
	return c.nudges != before
}

// ContinueAsNew ends the run and hands the state on. Call it after Finish: what
// Finish found is part of the state.
func ContinueAsNew(ctx workflow.Context, workflowType string, input any) error {
	return workflow.NewContinueAsNewError(ctx, workflowType, input)
}
