package rotation

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// keepers may give the commands that decide about a secret.
var keepers = []string{kit.RoleEngineer, kit.RoleManager}

var roles = kit.Roles{
	UpdateProvided: keepers, UpdateConfirm: keepers, UpdateRetired: keepers, kit.UpdateCancel: keepers,
	kit.UpdateHold: keepers, kit.UpdateRelease: keepers, kit.UpdateRetryStep: keepers,
}

// offer sets every handler, before the first wait. skip_step is not among them:
// each step is what the next one relies on, and a version that was not tried, or not
// withdrawn, would be in force. Whoever gives a step up cancels.
func (r *replacement) offer(ctx workflow.Context) {
	r.core.Restrict(roles)
	kit.OfferHold(ctx, r.core, nil, nil)
	kit.OfferRetry(ctx, r.core, nil)
	r.onTold(ctx, UpdateProvided, "A new version is stored at AWSPENDING: find it and try it.", StageAwaiting)
	r.onTold(ctx, UpdateConfirm, "The version on trial is right: put it in force.", StageUnconfirmed)
	r.onTold(ctx, UpdateRetired, "The former version was ended at its provider.", StageRetiring)
	kit.OnCommand(ctx, r.core, kit.UpdateCancel, "Give the rotation up: the version that was in force before stays, or is in force again.",
		r.open, func(kit.Envelope) error { return nil },
		func(id string, _ kit.Envelope) kit.Verdict {
			r.cancel(id)
			return kit.Verdict{Pending: true, Detail: "the version on trial is being withdrawn"}
		})
	kit.OnQuery(ctx, kit.QueryStatus, "Where the rotation stands, and what a person is asked to do.", r.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return r.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", r.core.NextDeadlines)
	kit.OfferAllowed(ctx, r.core)
	r.core.DivertWhen(func() bool { return r.state.Cancelled && r.state.Stage != StageWithdrawing && !terminal(r.state.Stage) })
}

// onTold offers what a person tells in one stage only.
func (r *replacement) onTold(ctx workflow.Context, update, description, stage string) {
	kit.OnCommand(ctx, r.core, update, description,
		func() error {
			if r.state.Stage != stage || r.state.Told != "" {
				return fmt.Errorf("the rotation is %s; this is for %s", r.state.Stage, stage)
			}
			return nil
		},
		func(kit.Envelope) error { return nil },
		func(id string, _ kit.Envelope) kit.Verdict {
			r.state.Told = id
			return kit.Verdict{Pending: update == UpdateProvided, Detail: update}
		})
}

func (r *replacement) open() error {
	if r.state.Cancelled || terminal(r.state.Stage) {
		return errors.New("the rotation is over, or being given up")
	}
	return nil
}

// cancel gives the rotation up; the first one counts.
func (r *replacement) cancel(command string) {
	if r.open() == nil {
		r.state.Cancelled, r.state.CancelledBy = true, command
	}
}

func (r *replacement) overview() Overview {
	return Overview{
		Secret: r.secret, Stage: r.state.Stage, Since: r.state.Since, By: r.state.Plan.By, Do: r.todo(), Version: r.state.Version,
		Refused: r.state.Refused, Control: r.state.Common.Control, WaitsFor: r.core.WaitsFor(), Attention: r.state.Common.Attention,
		NextDeadlines: r.core.NextDeadlines(), Commands: r.state.Common.Outcomes,
	}
}

// todo is what a person is asked to do now.
func (r *replacement) todo() string {
	plan := r.state.Plan
	switch r.state.Stage {
	case StageAwaiting:
		instruction := "store a new text"
		if plan.Make != "" {
			instruction = plan.Make + "; store it"
		}
		return instruction + " in Secrets Manager at the stage AWSPENDING; then `" + UpdateProvided + "`"
	case StageUnconfirmed:
		return "nothing here can try it: look at it yourself; then `" + UpdateConfirm + "`, or `" + kit.UpdateCancel + "`"
	case StageRetiring:
		return plan.Retire + "; then `" + UpdateRetired + "`"
	}
	return ""
}
