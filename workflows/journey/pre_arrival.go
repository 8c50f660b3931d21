package journey

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// checkpoint is one look at the guest's papers before the arrival.
type checkpoint struct {
	name string
	at   time.Time
	look func(workflow.Context)
}

// preArrival looks at clearance and balance on their days, and lets nobody
// arrive who is not cleared.
func (j *journey) preArrival(ctx workflow.Context) (string, error) {
	for _, check := range j.checkpoints() {
		if workflow.Now(ctx).Before(check.at) {
			deadline := j.core.Deadline(check.name, check.at, kit.ClassInternal, "attention if it is not in order")
			if err := j.untilEvent(ctx, deadline, func() bool { return false }); err != nil {
				return "", err
			}
		}
		check.look(ctx)
	}
	arrival := j.core.Deadline("arrival", j.state.ArrivalAt, kit.ClassInternal, "the program begins")
	if err := j.untilEvent(ctx, arrival, func() bool { return false }); err != nil {
		return "", err
	}
	return j.atTheDoor(ctx)
}

// checkpoints in the order of time.
func (j *journey) checkpoints() []checkpoint {
	deadlines := j.program().Deadlines
	list := []checkpoint{{"balance check", j.state.ArrivalAt.Add(-deadlines.ArrivalCheckBefore.Value()), func(ctx workflow.Context) {
		if !j.paid() {
			j.core.Raise(ctx, "unpaid_before_arrival")
		}
	}}}
	for _, before := range deadlines.ClearanceChecks {
		if j.asks(GuardClearance) {
			list = append(list, checkpoint{"clearance check " + before.String(), j.state.ArrivalAt.Add(-before.Value()), j.checkClearance})
		}
	}
	slices.SortStableFunc(list, func(a, b checkpoint) int { return a.at.Compare(b.at) })
	return list
}

// checkClearance: a clearance that ends before the departure is none.
func (j *journey) checkClearance(ctx workflow.Context) {
	if j.cleared() {
		return
	}
	if state := j.state.Clearance.State; state == ClearanceCleared || state == ClearanceConditional {
		j.state.Clearance.State = ClearanceExpired
	}
	j.core.Raise(ctx, "not_cleared_before_arrival")
}

// atTheDoor: the guest stands at the desk. What is still missing, a person must
// see to; who is not cleared by the departure was never here.
func (j *journey) atTheDoor(ctx workflow.Context) (string, error) {
	if len(j.openGuards(StageInProgram)) == 0 {
		return j.next(StagePreArrival), nil
	}
	for _, guard := range j.openGuards(StageInProgram) {
		j.core.Raise(ctx, map[string]string{GuardBalance: "unpaid_at_arrival", GuardClearance: "not_cleared_at_arrival"}[guard.Name])
	}
	departure := j.core.Deadline("departure, not admitted", j.state.Departure, kit.ClassInternal, "the stay is over: a debt stays with the payment plan, a guest without clearance is cancelled")
	err := j.untilEvent(ctx, departure, func() bool { return len(j.openGuards(StageInProgram)) == 0 })
	if err != nil {
		return "", err
	}
	j.waive(StageInProgram, GuardBalance)
	if len(j.openGuards(StageInProgram)) > 0 {
		j.state.Cancel = &Cancelling{By: "property", Reason: "medical", ReceivedAt: j.state.ArrivalAt, Refund: "full"}
		return StageCancelling, nil
	}
	return j.next(StagePreArrival), nil
}

// paid says whether nothing is owed: all is paid, or the program asks for
// nothing.
func (j *journey) paid() bool {
	return j.state.Money.PlanID == "" || j.state.Money.State == payment.MoneyPaid
}

// untilEvent waits like Until, and meanwhile passes every payment page on that
// the plan asks the guest to use, or that the guest asks for once more.
func (j *journey) untilEvent(ctx workflow.Context, deadline kit.Deadline, ready func() bool) error {
	for {
		action, asked := j.state.Money.Actions, j.state.Calls.Link.Number
		if action > 0 && j.state.Money.ActionURL != "" {
			err := j.say(ctx, "payment_action-"+number(action), wording.PaymentAction, map[string]string{
				"amount": amount(j.program().Price.Balance, j.locale()), "link": j.state.Money.ActionURL,
			}, j.state.Departure)
			if err != nil {
				return err
			}
		}
		if err := j.sendAskedLink(ctx); err != nil {
			return err
		}
		wake, err := j.core.Until(ctx, deadline, func() bool {
			return ready() || j.state.Money.Actions > action || j.state.Calls.Link.Number > asked
		})
		if err != nil || wake == kit.Expired || ready() {
			return err
		}
	}
}
