package kit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"
)

// MaxHold is how long a hold may be asked for at once, and the term of one that
// names none: a guest who is forgotten for longer should be looked at.
const MaxHold = 30 * 24 * time.Hour

// What a hold does to the deadlines of the guest.
const (
	DeadlinesStop = "stop" // the default: time that the guest was given stands still
	DeadlinesRun  = "run"
)

// OfferHold offers hold and release alone, for a workflow without steps, or one of
// which no step may be given up; the rest is as with OfferCommands.
func OfferHold(ctx workflow.Context, c *Core, held func(), released func(fireMissed string)) {
	OnCommand(ctx, c, UpdateHold, "Stop messages and guest-facing deadlines; inventory and money deadlines run on.",
		func() error {
			if c.Held() {
				return fmt.Errorf("already held since %s; release it first", c.common.HeldSince.Format(time.RFC3339))
			}
			return nil
		},
		func(command Hold) error { return checkHold(command, workflow.Now(ctx)) },
		func(_ string, command Hold) Verdict {
			c.Hold(ctx, command.Until)
			c.common.HoldRuns = command.Deadlines == DeadlinesRun
			if held != nil {
				held()
			}
			return Verdict{Detail: "held"}
		})
	OnCommand(ctx, c, UpdateRelease, "End a hold; answers which deadlines passed meanwhile.",
		func() error {
			if !c.Held() {
				return fmt.Errorf("it is not held")
			}
			return nil
		},
		func(command Release) error {
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
}

func checkHold(command Hold, now time.Time) error {
	if d := command.Deadlines; !slices.Contains([]string{"", DeadlinesStop, DeadlinesRun}, d) {
		return fmt.Errorf(`deadlines: want "stop" or "run"`)
	}
	if command.Until.IsZero() {
		return nil
	}
	if !command.Until.After(now) || command.Until.Sub(now) > MaxHold {
		return fmt.Errorf("until: want a time within the next 30 days")
	}
	return nil
}

// Hold holds the workflow. until is when a person is reminded of it; zero means
// after MaxHold.
func (c *Core) Hold(ctx workflow.Context, until time.Time) {
	if c.Held() {
		return
	}
	if until.IsZero() {
		until = workflow.Now(ctx).Add(MaxHold)
	}
	c.common.Control, c.common.HeldSince, c.common.HeldUntil = ControlHeld, workflow.Now(ctx).UTC(), until.UTC()
	c.common.HoldRuns = false
}

// Release ends a hold and says which deadlines passed during it.
func (c *Core) Release(ctx workflow.Context, fireMissed string) string {
	if !c.Held() {
		return "not held"
	}
	now := workflow.Now(ctx).UTC()
	passed := c.firedOnHold()
	for _, name := range workflow.DeterministicKeys(c.common.Deadlines) {
		deadline := c.common.Deadlines[name]
		if c.stops(deadline.Class) && deadline.At.Before(now) {
			passed = append(passed, name)
		}
	}
	if !c.common.HoldRuns {
		c.shift(now.Sub(c.common.HeldSince))
	}
	c.common.Control, c.common.ReleasedAt = ControlRunning, now
	c.common.HeldSince, c.common.HeldUntil = time.Time{}, time.Time{}
	c.common.SendMissed = fireMissed == "send_now"
	c.Settle(holdExpired)
	if len(passed) == 0 {
		return "no deadline passed meanwhile"
	}
	return "passed meanwhile: " + strings.Join(passed, ", ")
}

const (
	holdExpired = "hold_expired"
	firedOnHold = "fired_on_hold:"
)

// firedOnHold lists the deadlines that did not stop, and settles them: whoever
// releases reads the list.
func (c *Core) firedOnHold() []string {
	var names []string
	for _, reason := range slices.Clone(c.common.Attention) {
		if name, found := strings.CutPrefix(reason, firedOnHold); found {
			names = append(names, name)
			c.Settle(reason)
		}
	}
	return names
}

// stops says whether a deadline of this class stands still now.
func (c *Core) stops(class Class) bool {
	return c.Held() && (class == ClassMessage || (class == ClassGuest && !c.common.HoldRuns))
}

// holdDeadline is the term of the present hold.
func (c *Core) holdDeadline() []Deadline {
	if !c.Held() {
		return nil
	}
	return []Deadline{{Name: "held", At: c.common.HeldUntil, Class: ClassInternal, Consequence: "attention: it is still held"}}
}

// watchHold reminds a person when the term of a hold is over, and again after
// each MaxHold. Nothing resumes by itself.
func (c *Core) watchHold(ctx workflow.Context) {
	workflow.GoNamed(ctx, "hold", func(ctx workflow.Context) {
		for {
			must(workflow.Await(ctx, c.Held))
			since, until := c.common.HeldSince, c.common.HeldUntil
			over := func() bool {
				return !c.Held() || !c.common.HeldSince.Equal(since) || !c.common.HeldUntil.Equal(until)
			}
			timerCtx, cancel := workflow.WithCancel(ctx)
			timer := workflow.NewTimerWithOptions(timerCtx, until.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: "hold"})
			must(workflow.Await(ctx, func() bool { return over() || timer.IsReady() }))
			if !over() {
				c.Raise(ctx, holdExpired)
				c.common.HeldUntil = until.Add(MaxHold)
				c.Nudge()
			}
			cancel()
		}
	})
}
