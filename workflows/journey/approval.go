package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// ApproveClearance is the input of the update "approve_clearance".
type ApproveClearance struct {
	kit.Envelope
	Decision string `json:"decision"` // "cleared" or "conditional"
	// ValidUntil is the departure or later.
	ValidUntil time.Time `json:"validUntil"`
	// Conditions belong to "conditional", and to nothing else.
	Conditions string `json:"conditions,omitempty"`
	// EvidenceRef says where the decision is documented: a reference, no finding.
	EvidenceRef string `json:"evidenceRef"`
}

// RequestInfo is the input of the update "request_info".
type RequestInfo struct {
	kit.Envelope
	// What is the code of a template of questions.
	What string `json:"what"`
}

func (j *journey) offerApproval(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateApproveClearance, "A clinician clears the guest, or renews a clearance.",
		j.mayApprove, j.checkApproval,
		func(_ string, command ApproveClearance) kit.Verdict {
			clearance := &j.state.Clearance
			clearance.State, clearance.Until, clearance.By = command.Decision, command.ValidUntil.UTC(), command.Actor
			clearance.Conditions, clearance.Evidence, clearance.Reason = command.Conditions, command.EvidenceRef, ""
			j.settleClearance()
			j.core.Settle("health_form_changed")
			return kit.Verdict{Detail: command.Decision + " until " + clearance.Until.Format(time.RFC3339)}
		})
}

// mayApprove: a review is open, or was, and is renewed.
func (j *journey) mayApprove() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	if !slices.Contains([]string{ClearanceInReview, ClearanceInfo, ClearanceCleared, ClearanceConditional, ClearanceExpired}, j.state.Clearance.State) {
		return fmt.Errorf("no review has been opened in stage %s", j.shownStage())
	}
	return nil
}

func (j *journey) checkApproval(command ApproveClearance) error {
	conditional := command.Decision == ClearanceConditional
	switch {
	case command.Actor == j.state.Owner:
		return fmt.Errorf("actor: whoever looks after the guest cannot clear them as well; ask another clinician")
	case !conditional && command.Decision != ClearanceCleared:
		return fmt.Errorf(`decision: want "cleared" or "conditional"`)
	case conditional && command.Conditions == "":
		return fmt.Errorf(`conditions: missing; "conditional" needs them`)
	case !conditional && command.Conditions != "":
		return fmt.Errorf(`conditions: only "conditional" has them`)
	case command.ValidUntil.Before(j.state.Departure):
		return fmt.Errorf("validUntil: the guest departs at %s, and must be cleared until then", j.state.Departure.Format(time.RFC3339))
	}
	return checkCode("evidenceRef", command.EvidenceRef)
}

func (j *journey) offerRequestInfo(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateRequestInfo, "A clinician asks the guest to add something; the term of the review begins again.",
		j.mayRequestInfo,
		func(command RequestInfo) error { return checkCode("what", command.What) },
		func(_ string, command RequestInfo) kit.Verdict {
			clearance, form := &j.state.Clearance, &j.state.Form
			clearance.State, clearance.Wanted, clearance.AskedAt = ClearanceInfo, command.What, workflow.Now(ctx).UTC()
			form.Received = false
			form.Needed++
			return kit.Verdict{Detail: "the guest is being asked"}
		})
}

func (j *journey) mayRequestInfo() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	if j.state.Stage != StageClearance || j.state.Clearance.State != ClearanceInReview {
		return fmt.Errorf("nothing is under review in stage %s", j.shownStage())
	}
	return nil
}
