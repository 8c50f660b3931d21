package kit

import (
	"fmt"
	"sort"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
)

// Class says what a hold does to a deadline.
type Class string

const (
	// ClassGuest stops during a hold and moves by its length: time the guest
	// was given.
	ClassGuest Class = "guest"
	// ClassMessage is silenced during a hold and does not move: a message
	// whose time depends on something fixed.
	ClassMessage Class = "message"
	// ClassInventory runs on: places are scarce.
	ClassInventory Class = "inventory"
	// ClassMoney runs on: the payment provider does not wait.
	ClassMoney Class = "money"
	// ClassInternal runs on: our own escalation.
	ClassInternal Class = "internal"
	// ClassAttention is never waited for: a step that still fails by then needs
	// a person.
	ClassAttention Class = "attention"
)

// Deadline is an instant with a consequence. The instant is absolute and part
// of the state, so that a restart arms it again.
type Deadline struct {
	Name        string    `json:"name"`
	At          time.Time `json:"at"`
	Class       Class     `json:"class"`
	Consequence string    `json:"consequence"`
	// Quiet: that it passes is no news, and leaves no line in the timeline. Only
	// for a deadline that the workflow keeps itself: see Upcoming.
	Quiet bool `json:"-"`
}

// Deadline returns the deadline of this name, making it on first sight.
func (c *Core) Deadline(name string, at time.Time, class Class, consequence string) Deadline {
	if known, ok := c.common.Deadlines[name]; ok {
		return known
	}
	deadline := Deadline{Name: name, At: at.UTC(), Class: class, Consequence: consequence}
	c.common.Deadlines[name] = deadline
	return deadline
}

// Known returns a deadline that is being kept.
func (c *Core) Known(name string) (Deadline, bool) {
	deadline, ok := c.common.Deadlines[name]
	return deadline, ok
}

// Move moves a deadline that is being kept; whoever waits for it waits for the
// new instant from then on.
func (c *Core) Move(name string, at time.Time) {
	if deadline, ok := c.common.Deadlines[name]; ok {
		deadline.At = at.UTC()
		c.common.Deadlines[name] = deadline
	}
}

// Drop forgets a deadline that no longer matters.
func (c *Core) Drop(name string) { delete(c.common.Deadlines, name) }

// DropAll forgets every deadline: a stage that is left takes its own along.
func (c *Core) DropAll() { c.common.Deadlines = map[string]Deadline{} }

// Wake says why a wait ended.
type Wake int

const (
	// Ready means that what was awaited is there.
	Ready Wake = iota
	// Expired means that the deadline passed first.
	Expired
)

type armed struct {
	deadline Deadline
	future   workflow.Future
	cancel   workflow.CancelFunc
}

// Until waits for a condition on the state, at most to the deadline. It
// returns ErrLeave when the history should end here and ErrDiverted when a
// command changed the way; the stage hands both to the loop. During a hold the
// condition is not looked at, and a deadline that stops does not fire.
func (c *Core) Until(ctx workflow.Context, deadline Deadline, ready func() bool) (Wake, error) {
	defer func() { c.waiting, c.until = "", time.Time{} }()
	for {
		deadline = c.current(deadline)
		c.waiting, c.until = deadline.Name, deadline.At
		c.arm(ctx, deadline)
		var wake Wake
		var err error
		c.wait(ctx, func() bool {
			wake, err = c.look(ctx, deadline, ready)
			return err != nil || wake >= 0 || !c.current(deadline).At.Equal(deadline.At)
		})
		switch {
		case err != nil:
			return wake, err
		case wake == Expired:
			if !deadline.Quiet {
				c.Note(ctx, "deadline", deadline.Name+": "+deadline.Consequence)
			}
			c.Drop(deadline.Name)
			if c.Held() && (deadline.Class == ClassInventory || deadline.Class == ClassMoney) {
				c.Raise(ctx, firedOnHold+deadline.Name)
			}
			return Expired, nil
		case wake == Ready:
			return Ready, nil
		}
	}
}

// current is the deadline as it stands now: a release or a command may have moved it.
func (c *Core) current(deadline Deadline) Deadline {
	if known, ok := c.common.Deadlines[deadline.Name]; ok {
		return known
	}
	return deadline
}

const notYet Wake = -1

func (c *Core) look(ctx workflow.Context, deadline Deadline, ready func() bool) (Wake, error) {
	switch {
	case c.diverted():
		return notYet, ErrDiverted
	case !c.Held() && ready():
		return Ready, nil
	case !c.current(deadline).At.Equal(deadline.At):
		return notYet, nil
	case c.expired(deadline):
		return Expired, nil
	case c.leaving(ctx):
		return notYet, ErrLeave
	}
	return notYet, nil
}

func (c *Core) expired(deadline Deadline) bool {
	if c.stops(deadline.Class) {
		return false
	}
	return c.timer != nil && c.timer.deadline.Name == deadline.Name && c.timer.future.IsReady()
}

func (c *Core) leaving(ctx workflow.Context) bool {
	return c.leaves(c.leave || workflow.GetInfo(ctx).GetContinueAsNewSuggested())
}

// arm starts the deadline's timer, or keeps the one that already runs for it:
// a stage that waits again for the same deadline costs no event.
func (c *Core) arm(ctx workflow.Context, deadline Deadline) {
	if c.timer != nil && c.timer.deadline.Name == deadline.Name && c.timer.deadline.At.Equal(deadline.At) {
		return
	}
	if c.timer != nil {
		c.timer.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	wait := max(deadline.At.Sub(workflow.Now(ctx)), 0)
	future := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: options.Summary(deadline.Name)})
	c.timer = &armed{deadline: deadline, future: future, cancel: cancel}
}

// shift moves the deadlines that a hold stopped by its length.
func (c *Core) shift(by time.Duration) {
	for _, name := range workflow.DeterministicKeys(c.common.Deadlines) {
		deadline := c.common.Deadlines[name]
		if deadline.Class == ClassGuest {
			deadline.At = deadline.At.Add(by)
			c.common.Deadlines[name] = deadline
		}
	}
}

// NextDeadlines lists what happens next by itself, soonest first.
func (c *Core) NextDeadlines() []Deadline {
	list := append(c.holdDeadline(), c.upcoming()...)
	for _, name := range workflow.DeterministicKeys(c.common.Deadlines) {
		list = append(list, c.common.Deadlines[name])
	}
	for _, name := range workflow.DeterministicKeys(c.common.Ledger) {
		entry := c.common.Ledger[name]
		if entry.Status == StepRetrying {
			list = append(list, Deadline{Name: "retry " + name, At: entry.NextTry, Class: ClassInternal, Consequence: "the step is tried again"})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].At.Before(list[j].At) })
	return list
}

// Upcoming lets the workflow add deadlines that it keeps itself.
func (c *Core) Upcoming(list func() []Deadline) { c.upcoming = list }

// WaitsFor says in words what the loop waits for.
func (c *Core) WaitsFor() string {
	switch {
	case c.waiting == "":
		return ""
	case c.until.IsZero():
		return c.waiting
	}
	return fmt.Sprintf("%s until %s", c.waiting, c.until.UTC().Format(time.RFC3339))
}
