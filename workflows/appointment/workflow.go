package appointment

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

type appointment struct {
	core  *kit.Core
	input Input
	state *State
	id    string // workflow ID
}

// Workflow returns the Appointment under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		a, ctx := restore(ctx, policy, input)
		return a.run(ctx)
	})
}

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	var problems []string
	need := func(value, field string) {
		if value == "" {
			problems = append(problems, field+": missing")
		}
	}
	need(i.GuestRef, "guestRef")
	need(i.CalendarID, "calendarId")
	need(i.Title, "title")
	need(i.Zone, "zone")
	if !ValidLocal(i.Local) {
		problems = append(problems, `local: want a wall-clock time such as "2027-03-02T09:00:00"`)
	}
	if i.Duration <= 0 {
		problems = append(problems, `duration: want more than 0, such as "1h"`)
	}
	return problems
}

// ValidLocal says whether text is a wall-clock time, or an instant with its
// offset.
func ValidLocal(text string) bool {
	_, _, err := parseLocal(text)
	return err == nil
}

// parseLocal reads a wall-clock time as if it were in UTC, or an instant.
func parseLocal(text string) (at time.Time, exact bool, err error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, false, nil
		}
	}
	return time.Time{}, false, fmt.Errorf(`want a wall-clock time such as "2027-03-02T09:00:00"`)
}

// WallClock reads a start as the clock shows it, as if it were in UTC, and says
// whether the text is an instant. A text that is no start is the zero time.
func WallClock(text string) (clock time.Time, exact bool) {
	at, exact, err := parseLocal(text)
	if err != nil {
		return time.Time{}, false
	}
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC), exact
}

// farWest is how far the zone that is last in the day lags behind UTC.
const farWest = 12 * time.Hour

// CheckStart refuses a start that cannot be read, or that is past wherever the
// property lies: workflow code reads no zone files.
func CheckStart(start string, now time.Time) error {
	at, exact, err := parseLocal(start)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if !exact {
		at = at.Add(farWest)
	}
	if !at.After(now) {
		return fmt.Errorf("start: %s is past", start)
	}
	return nil
}

// restore restores or builds the state and sets every handler.
func restore(ctx workflow.Context, policy kit.Policy, input Input) (*appointment, workflow.Context) {
	if input.State == nil {
		if input.AttendanceAfter == 0 {
			input.AttendanceAfter = options.Duration(24 * time.Hour)
		}
		input.State = &State{
			Stage: StageHolding, Since: workflow.Now(ctx).UTC(), Revision: 1, Local: input.Local,
			Contact: input.Contact, Confirm: input.HoldUntil.IsZero(),
		}
	}
	a := &appointment{input: input, state: input.State, id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	a.input.State = nil
	cancellable := ctx
	ctx, a.core = kit.Open(ctx, &a.state.Common, policy, input.Pace, a.face)
	a.offer(ctx)
	a.core.OnCancel(cancellable, func() { a.end(ctx, StageCancelled, "") })
	return a, ctx
}

func (a *appointment) face() kit.Face {
	return kit.Face{
		Stage: a.state.Stage, Since: a.state.Since, Program: a.input.ProgramCode,
		GuestRef: a.input.GuestRef, Test: a.input.Test,
	}
}

// run is the loop over stages.
func (a *appointment) run(ctx workflow.Context) (Result, error) {
	for {
		next, err := a.stage(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			a.core.Finish(ctx)
			a.input.State = a.state
			return Result{}, kit.ContinueAsNew(ctx, Type, a.input)
		case errors.Is(err, kit.ErrDiverted):
			next = a.diversion()
		case err != nil:
			return Result{}, err
		}
		a.enter(ctx, next)
		if terminal(next) {
			a.core.Finish(ctx)
			return Result{Stage: a.state.Stage, Revision: a.state.Revision}, nil
		}
	}
}

func terminal(stage string) bool {
	return slices.Contains([]string{StageDone, StageCancelled, StageReleased}, stage)
}

// diversion is where a command leads: out, or back into the same stage with new
// times.
func (a *appointment) diversion() string {
	if a.state.End != "" {
		return StageReleasing
	}
	return a.state.Stage
}

func (a *appointment) stage(ctx workflow.Context) (string, error) {
	if a.state.Move != nil && a.state.End == "" {
		if err := a.move(ctx); err != nil {
			return "", err
		}
	}
	if a.mayReanchor() {
		if err := a.reanchor(ctx); err != nil {
			return "", err
		}
	}
	switch a.state.Stage {
	case StageHolding:
		return a.holding(ctx)
	case StageHeld:
		return a.held(ctx)
	case StageConfirmed:
		return a.confirmed(ctx)
	case StageStarted:
		return a.started(ctx)
	case StageReleasing:
		return a.releasing(ctx)
	}
	return "", fmt.Errorf("unknown stage %q of %s", a.state.Stage, a.id)
}

func (a *appointment) enter(ctx workflow.Context, stage string) {
	if stage == a.state.Stage {
		return
	}
	a.state.Stage, a.state.Since = stage, workflow.Now(ctx).UTC()
	a.core.DropAll()
	a.core.Note(ctx, "stage", stage)
}

// tell reports to whoever asked to be notified, once per name.
func (a *appointment) tell(ctx workflow.Context, kind string) {
	name := fmt.Sprintf("tell.%s-%d", kind, a.state.Revision)
	if kind == "moved" && a.state.Anchors > 0 {
		name += fmt.Sprintf(".anchor-%d", a.state.Anchors)
	}
	if a.input.Notify == "" || slices.Contains(a.state.Reported, name) {
		return
	}
	update := Update{ID: a.core.StepKey(name), Kind: kind, State: a.state.Stage, Revision: a.state.Revision}
	if a.state.Times != nil {
		update.Start, update.End, update.Local = a.state.Times.Start, a.state.Times.End, a.state.Times.Local
	}
	kit.Tell(ctx, a.core, name, a.input.Notify, SignalUpdate, update)
	a.state.Reported = append(a.state.Reported, name)
}
