package rotation

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/rotation"
	"guestjourney/workflows/kit"
)

type replacement struct {
	core   *kit.Core
	state  *State
	secret string
}

// Workflow returns SecretRotation under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		r, ctx := restore(ctx, policy, input)
		return r.run(ctx)
	})
}

// restore restores or builds the state and sets every handler.
func restore(ctx workflow.Context, policy kit.Policy, input Input) (*replacement, workflow.Context) {
	r := &replacement{state: input.State, secret: input.Secret}
	if r.state == nil {
		r.state = &State{Stage: StagePreparing, Since: workflow.Now(ctx).UTC()}
	}
	cancellable := ctx
	ctx, r.core = kit.Open(ctx, &r.state.Common, policy, kit.NoPace, r.face)
	r.offer(ctx)
	r.core.OnCancel(cancellable, func() { r.cancel("") })
	return r, ctx
}

// run is the loop over stages.
func (r *replacement) run(ctx workflow.Context) (Result, error) {
	for {
		next, err := r.stage(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			r.core.Finish(ctx)
			return Result{}, kit.ContinueAsNew(ctx, Type, Input{Secret: r.secret, State: r.state})
		case errors.Is(err, kit.ErrDiverted):
			next = StageWithdrawing
		case err != nil:
			return Result{}, err
		}
		r.enter(ctx, next)
		if terminal(next) {
			r.core.Finish(ctx)
			r.core.ShowEnd(ctx)
			return r.result(), nil
		}
	}
}

func (r *replacement) result() Result {
	if r.state.Stage == StageDiscarded {
		return Result{Stage: StageDiscarded}
	}
	return Result{Stage: r.state.Stage, Version: r.state.Version}
}

func (r *replacement) enter(ctx workflow.Context, stage string) {
	if stage == r.state.Stage {
		return
	}
	r.state.Stage, r.state.Since, r.state.Told = stage, workflow.Now(ctx).UTC(), ""
	r.core.DropAll()
	r.core.Note(ctx, "stage", stage)
}

func (r *replacement) stage(ctx workflow.Context) (next string, err error) {
	switch r.state.Stage {
	case StagePreparing:
		return r.preparing(ctx)
	case StageCreating:
		return r.creating(ctx)
	case StageAwaiting:
		return r.awaiting(ctx)
	case StageOverlap:
		return StageTrial, r.overlap(ctx)
	case StageTrial:
		return r.trial(ctx)
	case StageUnconfirmed:
		return StagePromoting, r.person(ctx, AttentionConfirm)
	case StagePromoting:
		return r.promoting(ctx)
	case StageSettling:
		return r.settling(ctx)
	case StageRetiring:
		return StageDone, r.person(ctx, AttentionRetire)
	case StageWithdrawing:
		return r.withdrawing(ctx)
	}
	return "", fmt.Errorf("unknown stage %q of the rotation of %s", r.state.Stage, r.secret)
}

func (r *replacement) face() kit.Face {
	return kit.Face{Stage: r.state.Stage, Since: r.state.Since, About: r.secret}
}

func (r *replacement) version() rotation.Version {
	return rotation.Version{Secret: r.secret, ID: r.state.Version}
}

// step names a step of the present version: the next one has steps of its own.
func (r *replacement) step(name string) string { return fmt.Sprintf("%s-%d", name, r.state.Versions) }
