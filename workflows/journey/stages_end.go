package journey

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/payments"
	"guestjourney/activities/wording"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

// lose ends the journey for a reason that is nobody's fault.
func (j *journey) lose(reason string) string {
	j.state.Lost = reason
	return StageLost
}

// cancelling runs the compensations in their order: calendar and place, money,
// CRM, message. Each is asked for at once, so a stuck one stops no other; the
// message tells how far the money has come.
func (j *journey) cancelling(ctx workflow.Context) (string, error) {
	j.giveUp(ctx)
	if err := j.awaitEnd(ctx, "place", j.placeGone, 1); err != nil {
		return "", err
	}
	if err := j.awaitEnd(ctx, "money", j.moneyKnown, 1); err != nil {
		return "", err
	}
	if err := j.record(ctx, crm.StageCancelled, "Cancelled"); err != nil {
		return "", err
	}
	if err := j.sayCancelled(ctx); err != nil {
		return "", err
	}
	if err := j.awaitEnd(ctx, "place", j.placeGone, 0); err != nil {
		return "", err
	}
	if err := j.awaitEnd(ctx, "money", j.moneyClosed, 0); err != nil {
		return "", err
	}
	j.core.Complete(j.state.Cancel.CommandID, "done", "cancelled; money "+j.state.Money.State)
	return StageCancelled, nil
}

// giveUp asks the appointment and the plan to end.
func (j *journey) giveUp(ctx workflow.Context) {
	command := payment.Command{Kind: "cancel", ReceivedAt: j.state.Since, Refund: "full"}
	if j.state.Cancel != nil {
		command.ReceivedAt, command.Refund = j.state.Cancel.ReceivedAt, j.state.Cancel.Refund
	}
	if !j.tellSession(ctx, "session.cancel", appointment.Command{Kind: "cancel"}) && j.state.Session.ID != "" && !j.placeGone() {
		j.state.Session.State = appointment.StageDone
	}
	j.tellPlan(ctx, "plan.cancel", command)
}

func (j *journey) placeGone() bool {
	switch j.state.Session.State {
	case appointment.StageCancelled, appointment.StageReleased, appointment.StageDone:
		return true
	}
	return j.state.Session.ID == ""
}

func (j *journey) moneyKnown() bool  { return j.state.Money.RefundAsked || j.moneyClosed() }
func (j *journey) moneyClosed() bool { return j.state.Money.PlanID == "" || j.state.Money.Closed != "" }

// awaitEnd waits for one compensation: a number of rounds, or until it is done
// if rounds is 0. Each round without an answer asks for a person.
func (j *journey) awaitEnd(ctx workflow.Context, what string, done func() bool, rounds int) error {
	stuck := "stuck:" + what
	for round := 1; !done() && (rounds == 0 || round <= rounds); round++ {
		name := fmt.Sprintf("%s given back %d", what, round)
		if rounds == 0 {
			name = fmt.Sprintf("%s settled %d", what, round)
		}
		deadline := j.core.Deadline(name, workflow.Now(ctx).Add(j.patience()), kit.ClassInternal, "attention: it is not given back")
		wake, err := j.core.Until(ctx, deadline, done)
		if err != nil {
			return err
		}
		j.core.Drop(deadline.Name)
		if wake == kit.Expired {
			j.core.Raise(ctx, stuck)
		}
	}
	if done() {
		j.core.Settle(stuck)
	}
	return nil
}

// patience is how long one compensation may take.
func (j *journey) patience() time.Duration {
	if patience := j.program().Deadlines.Cancelling.Value(); patience > 0 {
		return patience
	}
	return 72 * time.Hour
}

// sayCancelled tells the truth: given back, or only asked for.
func (j *journey) sayCancelled(ctx workflow.Context) error {
	money, currency := j.state.Money, j.program().Price.Deposit.Currency
	template, params := wording.CancellationOK, map[string]string{"refund": ""}
	switch {
	case money.RefundedMinor > 0 && money.Closed != "":
		params["refund"] = amount(payments.Money{Minor: money.RefundedMinor, Currency: currency}, j.locale())
	case money.RefundAsked, !j.moneyClosed():
		template = wording.CancellationDue
	}
	// One message only: what was true when it was written stays its key's content.
	if j.core.StepStatusOf("cancellation.email") != kit.StepNew || j.core.StepStatusOf("cancellation.sms") != kit.StepNew {
		template, params = j.state.Told.Template, map[string]string{"refund": j.state.Told.Refund}
	}
	j.state.Told = Told{Template: template, Refund: params["refund"]}
	return j.say(ctx, "cancellation", template, params, time.Time{})
}

// close leaves nothing behind: not a place, not an open page, and the profile
// knows that the journey is over.
func (j *journey) close(ctx workflow.Context) (string, error) {
	switch j.state.Stage {
	case StageLost:
		if err := j.closeLost(ctx); err != nil {
			return "", err
		}
	case StageCompleted:
		if err := j.record(ctx, crm.StageCompleted, "Journey completed"); err != nil {
			return "", err
		}
	}
	j.tellProfile(ctx, "tell.profile.closed", profile.SignalJourneyClosed, kit.Fact{Type: "journey_closed"})
	return stageEnd, nil
}

func (j *journey) closeLost(ctx workflow.Context) error {
	j.giveUp(ctx)
	if err := j.awaitEnd(ctx, "place", j.placeGone, 0); err != nil {
		return err
	}
	if err := j.awaitEnd(ctx, "money", j.moneyClosed, 0); err != nil {
		return err
	}
	if err := j.record(ctx, crm.StageLost, "Lost: "+j.state.Lost); err != nil {
		return err
	}
	if j.state.Lost == "expired" || j.state.Lost == "expired_unpaid" {
		return j.say(ctx, "expired", wording.Expired, nil, time.Time{})
	}
	return nil
}

func isMissed(err error) bool { return errors.Is(err, kit.ErrStepMissed) }
