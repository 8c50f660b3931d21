package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/wording"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// booked: the place is confirmed, and the guest hears so.
func (j *journey) booked(ctx workflow.Context) (string, error) {
	j.tellSession(ctx, "session.confirm", appointment.Command{Kind: "confirm"})
	for round := 1; ; round++ {
		deadline := j.core.Deadline(fmt.Sprintf("confirmation %d", round), workflow.Now(ctx).Add(j.patience()), kit.ClassInventory, "attention: the place is not confirmed")
		wake, err := j.core.Until(ctx, deadline, j.placeConfirmed)
		if err != nil {
			return "", err
		}
		j.core.Drop(deadline.Name)
		if wake == kit.Ready {
			break
		}
		// A paid guest without a place: an operator reschedules or cancels.
		j.core.Raise(ctx, "not_confirmed")
	}
	j.core.Settle("not_confirmed")
	if err := j.record(ctx, crm.StageBooked, "Deposit paid, place confirmed"); err != nil {
		return "", err
	}
	err := j.say(ctx, "confirmation", wording.Confirmation, map[string]string{
		"program": j.program().Label, "start": j.state.Arrival,
	}, j.state.ArrivalAt)
	return StagePreArrival, err
}

func (j *journey) placeConfirmed() bool {
	return slices.Contains([]string{"confirmed", "moved", "started", "done"}, j.state.Session.State)
}

// preArrival waits for the arrival, and for the balance.
func (j *journey) preArrival(ctx workflow.Context) (string, error) {
	check := j.state.ArrivalAt.Add(-j.program().Deadlines.ArrivalCheckBefore.Value())
	if workflow.Now(ctx).Before(check) {
		deadline := j.core.Deadline("balance check", check, kit.ClassMoney, "attention if the balance is not paid")
		if err := j.untilEvent(ctx, deadline, func() bool { return false }); err != nil {
			return "", err
		}
	}
	if !j.paid() {
		j.core.Raise(ctx, "unpaid_before_arrival")
	}
	arrival := j.core.Deadline("arrival", j.state.ArrivalAt, kit.ClassInternal, "the program begins")
	if err := j.untilEvent(ctx, arrival, func() bool { return false }); err != nil {
		return "", err
	}
	if j.paid() {
		return StageInProgram, nil
	}
	// The guest stands at the desk: an operator decides, by payment or cancel.
	j.core.Raise(ctx, "unpaid_at_arrival")
	departure := j.core.Deadline("departure, unpaid", j.state.Departure, kit.ClassInternal, "the stay is over; the debt stays with the payment plan")
	if err := j.untilEvent(ctx, departure, j.paid); err != nil {
		return "", err
	}
	return StageInProgram, nil
}

// paid says whether nothing is owed: all is paid, or the program asks for
// nothing.
func (j *journey) paid() bool {
	return j.state.Money.PlanID == "" || j.state.Money.State == payment.MoneyPaid
}

// untilEvent waits like Until, and meanwhile passes every payment page on that
// the plan asks the guest to use.
func (j *journey) untilEvent(ctx workflow.Context, deadline kit.Deadline, ready func() bool) error {
	for {
		action := j.state.Money.Actions
		if action > 0 && j.state.Money.ActionURL != "" {
			err := j.say(ctx, "payment_action-"+number(action), wording.PaymentAction, map[string]string{
				"amount": amount(j.program().Price.Balance, j.locale()), "link": j.state.Money.ActionURL,
			}, j.state.Departure)
			if err != nil {
				return err
			}
		}
		wake, err := j.core.Until(ctx, deadline, func() bool { return ready() || j.state.Money.Actions > action })
		if err != nil || wake == kit.Expired || ready() {
			return err
		}
	}
}

// inProgram: the guest is here; the appointment runs the session.
func (j *journey) inProgram(ctx workflow.Context) (string, error) {
	if err := j.record(ctx, crm.StageInProgram, "Arrived"); err != nil {
		return "", err
	}
	departure := j.core.Deadline("departure", j.state.Departure, kit.ClassInternal, "aftercare begins")
	if err := j.untilEvent(ctx, departure, func() bool { return false }); err != nil {
		return "", err
	}
	return StageAftercare, nil
}

// aftercare: the house asks how the guest is, on fixed days.
func (j *journey) aftercare(ctx workflow.Context) (string, error) {
	for i, after := range j.program().CheckIns {
		if _, done := j.state.Common.Ledger[checkIn(i)+".email"]; !done {
			deadline := j.core.Deadline(checkIn(i), j.state.Departure.Add(after.Value()), kit.ClassGuest, "the guest is asked how they are")
			if _, err := j.core.Until(ctx, deadline, func() bool { return false }); err != nil {
				return "", err
			}
		}
		if err := j.mail(ctx, checkIn(i)+".email", wording.CheckIn, map[string]string{"name": j.input.Lead.FirstName}, j.lastCheckIn(after.Value())); err != nil && !isMissed(err) {
			return "", err
		}
	}
	return StageCompleted, nil
}

// lastCheckIn is when asking makes no sense any more: as long again after
// departure, an hour later at least.
func (j *journey) lastCheckIn(after time.Duration) time.Time {
	return j.state.Departure.Add(after + max(after, time.Hour))
}

func checkIn(i int) string { return "check_in-" + number(i+1) }
