package journey

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// DeclineClearance is the input of the update "decline_clearance".
type DeclineClearance struct {
	kit.Envelope
	ReasonCode string `json:"reasonCode"`
}

// RevokeClearance is the input of the update "revoke_clearance".
type RevokeClearance struct {
	kit.Envelope
	ReasonCode string `json:"reasonCode"`
	// Refund is "full" (default), or "policy" with a second person's consent.
	Refund     string `json:"refund,omitempty"`
	ApprovedBy string `json:"approvedBy,omitempty"`
}

func (j *journey) offerRefusal(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateDeclineClearance, "A clinician declines, before the offer is accepted; the journey ends.",
		j.mayDecline,
		func(command DeclineClearance) error { return checkCode("reasonCode", command.ReasonCode) },
		func(id string, command DeclineClearance) kit.Verdict {
			return j.refuse(ClearanceDeclined, command.ReasonCode, command.Actor, id)
		})
	kit.OnCommand(ctx, j.core, UpdateRevokeClearance, "A clinician takes a clearance back; the journey is cancelled, and everything goes back.",
		j.mayRevoke, checkRevocation,
		func(id string, command RevokeClearance) kit.Verdict {
			if j.nothingAgreed() {
				return j.refuse(ClearanceRevoked, command.ReasonCode, command.Actor, id)
			}
			j.refusedBy(ClearanceRevoked, command.ReasonCode, command.Actor)
			j.state.Cancel = &Cancelling{By: "property", Reason: "medical", ReceivedAt: workflow.Now(ctx).UTC(), Refund: "full", CommandID: id}
			if command.Refund == "policy" {
				j.state.Cancel.Refund = "policy"
			}
			return kit.Verdict{Pending: true, Detail: "the compensations are under way"}
		})
}

func (j *journey) refusedBy(state, code, actor string) {
	j.state.Clearance.State, j.state.Clearance.Reason, j.state.Clearance.By = state, code, actor
	j.settleClearance()
}

// refuse ends a journey to which the guest has agreed nothing yet.
func (j *journey) refuse(state, code, actor, commandID string) kit.Verdict {
	j.refusedBy(state, code, actor)
	return j.turnTo(StageDeclined, commandID)
}

func (j *journey) mayDecline() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	switch {
	case slices.Contains([]string{StageScreening, StageClearance, StageOffer, StageWaitlisted}, j.state.Stage):
		return nil
	case j.ahead(StageScreening):
		return fmt.Errorf("nobody has asked for a clearance in stage %s", j.shownStage())
	}
	return fmt.Errorf("the offer has been accepted; use %s", UpdateRevokeClearance)
}

// mayRevoke: a clearance was granted once, or somebody took it on themselves to
// go on without one, and the guest has not departed.
func (j *journey) mayRevoke() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	granted := slices.Contains([]string{ClearanceCleared, ClearanceConditional, ClearanceExpired}, j.state.Clearance.State)
	overridden := slices.ContainsFunc(j.state.Waived, func(waived string) bool { return strings.HasSuffix(waived, ":"+GuardClearance) })
	switch {
	case !granted && !overridden:
		return fmt.Errorf("no clearance has been granted in stage %s", j.shownStage())
	case j.state.Stage == StageAftercare:
		return fmt.Errorf("the stay is over")
	}
	return nil
}

func checkRevocation(command RevokeClearance) error {
	if err := checkCode("reasonCode", command.ReasonCode); err != nil {
		return err
	}
	switch command.Refund {
	case "", "full":
		return nil
	case "policy":
		return checkSecond(command.Actor, command.ApprovedBy)
	}
	return fmt.Errorf(`refund: want "full" or "policy"`)
}

// nothingAgreed: no money is asked for, and none is here.
func (j *journey) nothingAgreed() bool {
	return j.state.Money.PlanID == "" && j.ahead(StageDeposit)
}
