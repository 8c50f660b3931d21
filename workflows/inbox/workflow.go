package inbox

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

// Defaults of an input.
const (
	defaultTerm  = 30 * 24 * time.Hour
	defaultFirst = 15 * time.Second
)

type event struct {
	core  *kit.Core
	input Input
	state *State
	pace  options.Pace
	// held is how the present wait saw the hold: it ends when that changes.
	held bool
}

// Workflow returns the InboundEvent under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		e, ctx := restore(ctx, policy, input)
		return e.run(ctx)
	})
}

// restore restores or builds the state and sets every handler.
func restore(ctx workflow.Context, policy kit.Policy, input Input) (*event, workflow.Context) {
	e := &event{input: input, state: input.State, pace: paceOf(input.Pace)}
	e.input.State = nil
	fresh := e.state == nil
	if fresh {
		e.state = &State{Stage: StageWaiting, Since: workflow.Now(ctx).UTC(), Target: input.Target}
	}
	cancellable := ctx
	ctx, e.core = kit.Open(ctx, &e.state.Common, policy, e.pace, e.face)
	if fresh {
		e.setTerms()
	}
	e.offer(ctx)
	e.core.OnCancel(cancellable, func() { e.ask(Ask{Command: UpdateDiscard}) })
	return e, ctx
}

func paceOf(pace options.Pace) options.Pace {
	if pace.RetryFirst == 0 {
		pace.RetryFirst = options.Duration(defaultFirst)
	}
	return pace.WithDefaults()
}

func (e *event) face() kit.Face {
	face := kit.Face{
		Stage: e.state.Stage, Since: e.state.Since, Test: e.input.Test,
		About: fmt.Sprintf("%s for %s, tries: %d", e.input.Summary(), e.state.Target, e.state.Tries),
	}
	if e.waits() {
		face.BlockedBy = []string{"workflow_missing"}
	}
	return face
}

// run looks for the event's workflow and obeys commands until the event has
// come to one of its ends.
func (e *event) run(ctx workflow.Context) (Result, error) {
	for e.waits() {
		err := e.turn(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			e.core.Finish(ctx)
			e.input.State = e.state
			return Result{}, kit.ContinueAsNew(ctx, Type, e.input)
		case err != nil && !errors.Is(err, kit.ErrDiverted):
			return Result{}, err
		}
	}
	e.core.Finish(ctx)
	e.core.ShowEnd(ctx)
	return Result{Stage: e.state.Stage, Target: e.state.Target, Tries: e.state.Tries}, nil
}

// turn does the next thing: a command, a try that is due, or a wait.
func (e *event) turn(ctx workflow.Context) error {
	switch {
	case len(e.state.Asked) > 0:
		e.obey(ctx)
	case e.tryIsDue(ctx):
		e.tryAgain(ctx)
	default:
		return e.wait(ctx)
	}
	return nil
}

func (e *event) waits() bool { return e.state.Stage == StageWaiting }

// end enters an end. Commands that came too late are told so.
func (e *event) end(ctx workflow.Context, stage string) {
	e.state.Stage, e.state.Since = stage, workflow.Now(ctx).UTC()
	e.core.DropAll()
	e.core.Settle(Attention)
	e.core.Note(ctx, "stage", stage)
	for _, late := range e.state.Asked {
		e.core.Complete(late.ID, "failed", e.open().Error())
	}
	e.state.Asked = nil
}
