package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/payments"
	"guestjourney/activities/wording"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// cancelling runs the compensations in their order: calendar and place, money,
// CRM, message. Each is waited for as long as any step may fail before a person
// is told; then the next has its turn, so a stuck one stops no other. The
// message tells how far the money has come.
func (j *journey) cancelling(ctx workflow.Context) (string, error) {
	j.givePlaceBack(ctx)
	if err := j.awaitFirst(ctx, "place", j.placeGone); err != nil {
		return "", err
	}
	j.closePlan(ctx, j.state.Cancel.Refund)
	if err := j.awaitFirst(ctx, "money", j.moneyClosed); err != nil {
		return "", err
	}
	if err := j.record(ctx, crm.StageCancelled, "Cancelled"); err != nil {
		return "", err
	}
	if err := j.sayCancelled(ctx); err != nil {
		return "", err
	}
	if err := j.awaitEnd(ctx, "place", j.placeGone); err != nil {
		return "", err
	}
	if err := j.awaitEnd(ctx, "money", j.moneyClosed); err != nil {
		return "", err
	}
	j.core.Complete(j.state.Cancel.CommandID, "done", "cancelled; money "+j.state.Money.State)
	return StageCancelled, nil
}

// givePlaceBack asks the appointment to end; one that has closed holds nothing.
func (j *journey) givePlaceBack(ctx workflow.Context) {
	if !j.tellSession(ctx, j.placeStep("session.cancel"), appointment.Command{Kind: "cancel"}) && j.state.Session.ID != "" && !j.placeGone() {
		j.state.Session.State = appointment.StageDone
	}
}

// closePlan asks the plan to end. What the guest pays from the cancel on is
// late, however long the place took.
func (j *journey) closePlan(ctx workflow.Context, refund string) {
	command := payment.Command{Kind: "cancel", At: j.state.Since, ReceivedAt: j.state.Since, Refund: refund}
	if j.state.Cancel != nil {
		command.ReceivedAt = j.state.Cancel.ReceivedAt
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

func (j *journey) moneyClosed() bool {
	return j.state.Money.PlanID == "" || j.state.Money.Closed != ""
}

// awaitFirst waits for one compensation before the next one's turn.
func (j *journey) awaitFirst(ctx workflow.Context, what string, done func() bool) error {
	if done() || slices.Contains(j.state.Common.Attention, "stuck:"+what) {
		return nil
	}
	wait := j.program().Pace.WithDefaults().AttentionAfter.Value()
	deadline := j.core.Deadline(what+" given back", j.state.Since.Add(wait), kit.ClassInternal, "attention; the others go on")
	wake, err := j.core.Until(ctx, deadline, done)
	if err == nil && wake == kit.Expired {
		j.core.Raise(ctx, "stuck:"+what)
	}
	if err == nil {
		j.core.Drop(deadline.Name)
	}
	return err
}

// awaitEnd waits until a compensation is done. It never gives up by itself:
// each round without an answer asks for a person.
func (j *journey) awaitEnd(ctx workflow.Context, what string, done func() bool) error {
	for round := 1; !done(); round++ {
		deadline := j.core.Deadline(fmt.Sprintf("%s settled %d", what, round), workflow.Now(ctx).Add(j.patience()), kit.ClassInternal, "attention: it is not given back")
		wake, err := j.core.Until(ctx, deadline, done)
		if err != nil {
			return err
		}
		j.core.Drop(deadline.Name)
		if wake == kit.Expired {
			j.core.Raise(ctx, "stuck:"+what)
		}
	}
	j.core.Settle("stuck:" + what)
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
