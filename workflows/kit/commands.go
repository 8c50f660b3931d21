package kit

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"
)

// OfferCommands offers the commands that every journey-like workflow has. held
// and released run after the state has changed, for what the workflow passes
// on to others; either may be nil.
func OfferCommands(ctx workflow.Context, c *Core, held func(), released func(fireMissed string)) {
	OfferHold(ctx, c, held, released)
	OfferRetry(ctx, c, nil)
	OnCommand(ctx, c, UpdateSkipStep, "Give a skippable step up.", c.someMaySkip,
		func(command StepCommand) error {
			if err := c.checkStep(command); err != nil {
				return err
			}
			if !c.common.Ledger[command.Step].Skippable {
				return fmt.Errorf("step %s cannot be skipped: money, consent and what others build on must be done", command.Step)
			}
			return nil
		},
		func(_ string, command StepCommand) Verdict {
			c.common.Ledger[command.Step].Status = StepSkipped
			c.settleStep(command.Step)
			return Verdict{Detail: "skipped " + command.Step}
		})
}

// OfferRetry offers retry_step alone, for a workflow of which no step may be given
// up. retried runs after the step has been set on its way; it may be nil. A step can
// be made only where this is offered: a parked one would wait for ever.
func OfferRetry(ctx workflow.Context, c *Core, retried func(step string)) {
	c.retries = true
	OnCommand(ctx, c, UpdateRetryStep, "Try a parked or waiting step again now, with the same effect key.", c.someStepWaits,
		func(command StepCommand) error { return c.checkStep(command) },
		func(_ string, command StepCommand) Verdict {
			verdict := c.retryStep(command)
			if retried != nil {
				retried(command.Step)
			}
			return verdict
		})
}

// mustRetry ends a step whose workflow has forgotten to offer retry_step: its first
// test shows it.
func (c *Core) mustRetry(step string) {
	if !c.retries {
		panic("step " + step + ": the workflow offers no " + UpdateRetryStep + "; call OfferRetry or OfferCommands before")
	}
}

// waitingSteps are the steps that a command about a step can mean.
func (c *Core) waitingSteps() []string {
	var waiting []string
	for _, name := range workflow.DeterministicKeys(c.common.Ledger) {
		if status := c.common.Ledger[name].Status; status == StepParked || status == StepRetrying {
			waiting = append(waiting, name)
		}
	}
	return waiting
}

func (c *Core) someStepWaits() error {
	if len(c.waitingSteps()) == 0 {
		return fmt.Errorf("no step is parked or waiting to be tried again")
	}
	return nil
}

func (c *Core) someMaySkip() error {
	if err := c.someStepWaits(); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.waitingSteps(), func(name string) bool { return c.common.Ledger[name].Skippable }) {
		return fmt.Errorf("no step that waits can be skipped: money, consent and what others build on must be done")
	}
	return nil
}

// checkStep names the steps that a command could mean, if not this one.
func (c *Core) checkStep(command StepCommand) error {
	if waiting := c.waitingSteps(); !slices.Contains(waiting, command.Step) {
		return fmt.Errorf("step %q is neither parked nor waiting to be tried again; these are: %v", command.Step, waiting)
	}
	return nil
}

func (c *Core) retryStep(command StepCommand) Verdict {
	entry := c.common.Ledger[command.Step]
	entry.Status = StepNew
	if command.NewEffect {
		entry.Generation++
		entry.Digest, entry.Tries, entry.Waited, entry.Unsent, entry.Since = "", 0, 0, 0, time.Time{}
	}
	c.settleStep(command.Step)
	return Verdict{Detail: "trying " + command.Step + " again"}
}
