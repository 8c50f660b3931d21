package rotation

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/rotation"
	"guestjourney/workflows/kit"
)

// review is how long the wait for a person goes on before it looks at itself,
// which changes nothing.
const review = 7 * 24 * time.Hour

// preparing learns how the secret is replaced. A name that is none, or a place
// where nothing can be replaced, fails the start.
func (r *replacement) preparing(ctx workflow.Context) (next string, err error) {
	r.state.Plan, err = kit.Require(ctx, r.core, "plan", rotation.Secret{Name: r.secret}, rotation.AskPlan)
	if err != nil {
		return "", err
	}
	if r.state.Plan.By == rotation.ByPerson {
		return StageAwaiting, nil
	}
	return StageCreating, nil
}

func (r *replacement) creating(ctx workflow.Context) (next string, err error) {
	made, err := kit.Do(ctx, r.core, kit.Step[rotation.Secret, rotation.Version]{
		Name: "create", Request: rotation.Secret{Name: r.secret}, Call: rotation.Create, Guest: true,
	})
	if err != nil {
		return "", err
	}
	r.begin(made.ID)
	return StageOverlap, nil
}

func (r *replacement) begin(version string) {
	r.state.Version, r.state.Refused = version, ""
	r.state.Versions++
}

// awaiting waits until a person says that a version is there, and looks for it.
func (r *replacement) awaiting(ctx workflow.Context) (next string, err error) {
	if err := r.person(ctx, AttentionProvide); err != nil {
		return "", err
	}
	found, err := kit.Ask(ctx, r.core, "find", rotation.Secret{Name: r.secret}, rotation.FindPending)
	if err != nil {
		return "", err
	}
	command := r.state.Told
	if found.ID == "" {
		r.state.Told = ""
		r.core.Complete(command, "failed", "there is no version at AWSPENDING")
		return StageAwaiting, nil
	}
	r.core.Settle(r.refusal())
	r.core.Complete(command, "done", "version "+found.ID+" is tried after the overlap")
	r.begin(found.ID)
	return StageOverlap, nil
}

// person asks for a person until one has told what the stage waits for.
func (r *replacement) person(ctx workflow.Context, attention string) error {
	if r.state.Told == "" {
		r.core.Raise(ctx, attention+r.secret)
	}
	for r.state.Told == "" {
		look := r.core.Deadline("review", workflow.Now(ctx).Add(review), kit.ClassInternal, "the rotation looks at itself")
		look.Quiet = true
		if _, err := r.core.Until(ctx, look, func() bool { return r.state.Told != "" }); err != nil {
			return err
		}
	}
	r.core.Settle(attention + r.secret)
	return nil
}

// overlap waits until every program has read both versions. Whoever holds it
// holds what comes after as well.
func (r *replacement) overlap(ctx workflow.Context) error {
	end := r.core.Deadline("overlap", workflow.Now(ctx).Add(r.state.Plan.Overlap.Value()), kit.ClassMessage, "the version is tried")
	_, err := r.core.Until(ctx, end, func() bool { return false })
	return err
}

func (r *replacement) trial(ctx workflow.Context) (next string, err error) {
	tried, err := r.try(ctx)
	switch {
	case err != nil:
		return "", err
	case tried.Result == rotation.Passed:
		return StagePromoting, nil
	case tried.Result == rotation.Untestable:
		return StageUnconfirmed, nil
	}
	return r.refuse(tried)
}

func (r *replacement) try(ctx workflow.Context) (rotation.Trial, error) {
	tried, err := kit.Ask(ctx, r.core, r.step("try"), r.version(), rotation.Try)
	if err == nil {
		r.core.Note(ctx, "step", "version "+r.state.Version+" "+tried.Result+after(tried.Code))
	}
	return tried, err
}

func after(code string) string {
	if code == "" {
		return ""
	}
	return ": " + code
}

func (r *replacement) refuse(tried rotation.Trial) (next string, err error) {
	r.state.Refused = tried.Code
	if r.state.Refused == "" {
		r.state.Refused = tried.Result
	}
	return StageWithdrawing, nil
}

func (r *replacement) promoting(ctx workflow.Context) (next string, err error) {
	_, err = kit.Do(ctx, r.core, kit.Step[rotation.Version, rotation.Version]{
		Name: r.step("promote"), Request: r.version(), Call: rotation.Promote, Guest: true,
	})
	return StageSettling, err
}

// settling waits until every program has taken the version up, and tries it once
// more: what was right on trial may be wrong where it counts.
func (r *replacement) settling(ctx workflow.Context) (next string, err error) {
	if err := r.overlap(ctx); err != nil {
		return "", err
	}
	tried, err := r.try(ctx)
	switch {
	case err != nil:
		return "", err
	case tried.Result == rotation.Refused:
		return r.refuse(tried)
	case r.state.Plan.Retire == "":
		return StageDone, nil
	}
	return StageRetiring, nil
}

// withdrawing leaves the former version in force, or puts it in force again. Then
// a person is asked for another one, unless the rotation was given up.
func (r *replacement) withdrawing(ctx workflow.Context) (next string, err error) {
	if err := r.adopt(ctx); err != nil {
		return "", err
	}
	if r.state.Version != "" {
		_, err := kit.Do(ctx, r.core, kit.Step[rotation.Version, rotation.Version]{
			Name: r.step("withdraw"), Request: r.version(), Call: rotation.Withdraw,
		})
		if err != nil {
			return "", err
		}
		r.core.GiveUp(r.step("promote"))
		r.state.Version = ""
	}
	if r.state.Cancelled {
		r.core.Complete(r.state.CancelledBy, "done", "the version that was in force before is in force")
		r.settleAll()
		return StageDiscarded, nil
	}
	r.core.Raise(ctx, r.refusal())
	return StageAwaiting, nil
}

// adopt finds the version of a creation that was given up before its answer came.
func (r *replacement) adopt(ctx workflow.Context) error {
	status := r.core.StepStatusOf("create")
	if r.state.Version != "" || status == kit.StepNew || status == kit.StepDone {
		return nil
	}
	found, err := kit.Ask(ctx, r.core, "find", rotation.Secret{Name: r.secret}, rotation.FindPending)
	r.state.Version = found.ID
	r.core.GiveUp("create")
	return err
}

func (r *replacement) refusal() string {
	return AttentionRefused + r.secret + ":" + r.state.Refused
}

func (r *replacement) settleAll() {
	for _, reason := range []string{AttentionProvide + r.secret, AttentionConfirm + r.secret, AttentionRetire + r.secret, r.refusal()} {
		r.core.Settle(reason)
	}
}
