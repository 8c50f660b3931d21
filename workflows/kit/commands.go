package kit

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// OfferCommands offers the commands that every journey-like workflow has. held
// and released run after the state has changed, for what the workflow passes
// on to others; either may be nil.
func OfferCommands(ctx workflow.Context, c *Core, held func(), released func(fireMissed string)) {
	OnUpdate(ctx, c, UpdateHold, "Stop messages and guest-facing deadlines; inventory and money deadlines run on.",
		func(command Hold) error {
			if c.Held() {
				return fmt.Errorf("already held since %s; release it first", c.common.HeldSince.Format(time.RFC3339))
			}
			return nil
		},
		func(_ string, command Hold) Verdict {
			c.Hold(ctx, command.Until)
			if held != nil {
				held()
			}
			return Verdict{Detail: "held"}
		})
	OnUpdate(ctx, c, UpdateRelease, "End a hold; answers which deadlines passed meanwhile.",
		func(command Release) error {
			if !c.Held() {
				return fmt.Errorf("it is not held")
			}
			if m := command.FireMissed; m != "" && m != "skip" && m != "send_now" {
				return fmt.Errorf(`fireMissed: want "skip" or "send_now"`)
			}
			return nil
		},
		func(_ string, command Release) Verdict {
			missed := c.Release(ctx, command.FireMissed)
			if released != nil {
				released(command.FireMissed)
			}
			return Verdict{Detail: missed}
		})
	OnUpdate(ctx, c, UpdateRetryStep, "Try a parked or waiting step again now, with the same effect key.",
		func(command StepCommand) error { return c.checkStep(command) },
		func(_ string, command StepCommand) Verdict { return c.retryStep(command) })
	OnUpdate(ctx, c, UpdateSkipStep, "Give a skippable step up.",
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

// Hold holds the workflow.
func (c *Core) Hold(ctx workflow.Context, until time.Time) {
	if c.Held() {
		return
	}
	c.common.Control, c.common.HeldSince, c.common.HeldUntil = ControlHeld, workflow.Now(ctx).UTC(), until
}

// Release ends a hold and says which deadlines passed during it.
func (c *Core) Release(ctx workflow.Context, fireMissed string) string {
	if !c.Held() {
		return "not held"
	}
	now := workflow.Now(ctx).UTC()
	missed := "no deadline passed meanwhile"
	for _, name := range workflow.DeterministicKeys(c.common.Deadlines) {
		deadline := c.common.Deadlines[name]
		if deadline.Class.stopsWhenHeld() && deadline.At.Before(now) {
			missed = "passed meanwhile: " + name
		}
	}
	c.shift(now.Sub(c.common.HeldSince))
	c.common.Control, c.common.ReleasedAt = ControlRunning, now
	c.common.HeldSince, c.common.HeldUntil = time.Time{}, time.Time{}
	c.common.SendMissed = fireMissed == "send_now"
	return missed
}

// checkStep names the steps that a command could mean, if not this one.
func (c *Core) checkStep(command StepCommand) error {
	var waiting []string
	for _, name := range workflow.DeterministicKeys(c.common.Ledger) {
		if status := c.common.Ledger[name].Status; status == StepParked || status == StepRetrying {
			waiting = append(waiting, name)
		}
	}
	if status := c.StepStatusOf(command.Step); status != StepParked && status != StepRetrying {
		return fmt.Errorf("step %q is neither parked nor waiting to be tried again; these are: %v", command.Step, waiting)
	}
	return nil
}

func (c *Core) retryStep(command StepCommand) Verdict {
	entry := c.common.Ledger[command.Step]
	entry.Status = StepNew
	if command.NewEffect {
		entry.Generation++
		entry.Digest, entry.Tries, entry.Since = "", 0, time.Time{}
	}
	c.settleStep(command.Step)
	return Verdict{Detail: "trying " + command.Step + " again"}
}
