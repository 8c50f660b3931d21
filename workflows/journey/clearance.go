package journey

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// clearanceReview: a clinician decides. Nothing clears a guest by itself: each
// term that passes without a decision calls somebody with more say.
func (j *journey) clearanceReview(ctx workflow.Context) (string, error) {
	clearance := &j.state.Clearance
	if clearance.State == "" {
		*clearance = Clearance{State: ClearanceInReview, AskedAt: workflow.Now(ctx).UTC(), Reviews: 1}
	}
	for !j.mayBeOffered() {
		var err error
		if clearance.State == ClearanceInfo {
			err = j.awaitInformation(ctx)
		} else {
			err = j.awaitDecision(ctx)
		}
		if err != nil {
			return "", err
		}
	}
	j.settleClearance()
	return j.next(StageClearance), nil
}

// mayBeOffered: cleared, or an operator has taken it on themselves.
func (j *journey) mayBeOffered() bool {
	return j.cleared() || j.waived(j.next(StageClearance), GuardClearance)
}

// awaitDecision waits one term for the clinician.
func (j *journey) awaitDecision(ctx workflow.Context) error {
	review, escalations := j.state.Clearance.Reviews, j.state.Clearance.Escalations
	term := j.program().Deadlines.ClearanceReview.Value()
	at := j.state.Clearance.AskedAt.Add(time.Duration(escalations+1) * term)
	deadline := j.core.Deadline(fmt.Sprintf("clearance review %d.%d", review, escalations+1), at, kit.ClassInternal, "attention: "+escalation(escalations))
	wake, err := j.core.Until(ctx, deadline, func() bool {
		return j.mayBeOffered() || j.state.Clearance.State == ClearanceInfo || j.state.Clearance.Reviews != review
	})
	if err != nil {
		return err
	}
	j.core.Drop(deadline.Name)
	if wake == kit.Expired {
		j.core.Raise(ctx, escalation(escalations))
		j.state.Clearance.Escalations++
	}
	return nil
}

// escalation is who is called after so many terms: the owner, then the lead
// clinician, who stays called.
func escalation(before int) string {
	if before == 0 {
		return "clearance_overdue"
	}
	return "clearance_overdue_lead"
}

// awaitInformation asks the guest to add something, and waits for it.
func (j *journey) awaitInformation(ctx workflow.Context) error {
	round := number(j.state.Form.Needed)
	until := j.state.Clearance.AskedAt.Add(j.program().Deadlines.Screening.Value())
	if err := j.say(ctx, "information-"+round, wording.Information, map[string]string{"path": "/health/" + j.short()}, until); err != nil {
		return err
	}
	for {
		deadline := j.core.Deadline("information "+round, until, kit.ClassGuest, "attention: the guest has not answered")
		wake, err := j.core.Until(ctx, deadline, func() bool { return j.state.Clearance.State != ClearanceInfo })
		if err != nil || wake == kit.Ready {
			j.core.Drop(deadline.Name)
			return err
		}
		j.core.Raise(ctx, "information_overdue")
		until = workflow.Now(ctx).Add(j.program().Deadlines.Screening.Value())
	}
}

func (j *journey) settleClearance() {
	for _, reason := range []string{"clearance_overdue", "clearance_overdue_lead", "information_overdue", "not_cleared_before_arrival", "not_cleared_at_arrival", "blocked:" + GuardClearance} {
		j.core.Settle(reason)
	}
}

// shownClearance is what may be seen in clear.
func (j *journey) shownClearance() string {
	switch j.state.Clearance.State {
	case "":
		return ""
	case ClearanceCleared, ClearanceConditional:
		return "ok"
	case ClearanceInReview, ClearanceInfo:
		return "waiting"
	}
	return "stop"
}
