package journey

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

func (j *journey) offerCancel(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, kit.UpdateCancel, "Cancel the journey: place, money, CRM and guest, in this order.",
		j.mayCancel, checkCancel,
		func(id string, command kit.Cancel) kit.Verdict {
			j.cancel(ctx, command, id)
			return kit.Verdict{Pending: true, Detail: "the compensations are under way"}
		})
}

func (j *journey) mayCancel() error {
	if j.leavingForGood() || j.state.Cancel != nil {
		return fmt.Errorf("the journey is %s; there is nothing left to cancel", j.shownStage())
	}
	return nil
}

func checkCancel(command kit.Cancel) error {
	if err := checkCancellation(command.By, command.Refund); err != nil {
		return err
	}
	if command.Refund != "" && command.Refund != "policy" && command.Role != kit.RoleManager {
		return fmt.Errorf("refund: only a manager departs from the policy")
	}
	return nil
}

// checkCancellation checks what a cancellation and its preview have in common.
func checkCancellation(by, refund string) error {
	if !slices.Contains([]string{"guest", "operator", "property"}, by) {
		return fmt.Errorf(`by: want "guest", "operator" or "property"`)
	}
	if !slices.Contains([]string{"", "policy", "full", "none"}, refund) {
		return fmt.Errorf(`refund: want "policy", "full" or "none"`)
	}
	return nil
}

func (j *journey) cancel(ctx workflow.Context, command kit.Cancel, id string) {
	if j.state.Cancel != nil || j.leavingForGood() {
		return
	}
	received := command.ReceivedAt
	if received.IsZero() {
		received = workflow.Now(ctx).UTC()
	}
	refund := command.Refund
	if refund == "" {
		refund = "policy"
	}
	j.state.Cancel = &Cancelling{By: command.By, ReceivedAt: received, Refund: refund, CommandID: id}
	j.core.Note(ctx, "command", "cancel by "+command.By)
}
