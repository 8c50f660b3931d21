package journey

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/options"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// deposit: the plan asks for the deposit; the journey passes each page on.
func (j *journey) deposit(ctx workflow.Context) (string, error) {
	program := j.program()
	until := j.state.Since.Add(program.Deadlines.Deposit.Value())
	j.startPlan(ctx, until)
	// The plan keeps the deposit's deadline; ours only notices a silent plan.
	deadline := j.core.Deadline("deposit", until.Add(program.Deadlines.Cancelling.Value()), kit.ClassMoney, "attention: the plan is silent")
	sent, asked := 0, 0
	for {
		wake, err := j.core.Until(ctx, deadline, func() bool {
			return j.state.Money.Pages > sent || j.state.Calls.Link.Number > asked || j.state.Money.Closed != "" || moneyRank(j.state.Money.State) >= moneyRank(payment.MoneyDeposit)
		})
		switch {
		case err != nil:
			return "", err
		case wake == kit.Expired:
			j.core.Raise(ctx, "plan_silent")
			deadline = j.core.Deadline("deposit", workflow.Now(ctx).Add(program.Deadlines.Cancelling.Value()), kit.ClassMoney, "attention: the plan is silent")
			continue
		case j.state.Money.Closed != "":
			return j.lose("expired_unpaid"), nil
		case j.state.Money.State == payment.MoneyDeposit || j.state.Money.State == payment.MoneyPaid || j.state.Money.State == payment.MoneyPastDue:
			j.core.Settle("plan_silent")
			return j.next(StageDeposit), nil
		}
		sent, asked = j.state.Money.Pages, j.state.Calls.Link.Number
		if err := j.requestPayment(ctx, sent); err != nil {
			return "", err
		}
		if err := j.sendAskedLink(ctx); err != nil {
			return "", err
		}
	}
}

func (j *journey) requestPayment(ctx workflow.Context, page int) error {
	for old := 1; old < page; old++ {
		j.core.GiveUp("payment_request-" + number(old) + ".email")
		j.core.GiveUp("payment_request-" + number(old) + ".sms")
	}
	if err := j.record(ctx, crm.StageDeposit, "Deposit requested"); err != nil {
		return err
	}
	return j.say(ctx, "payment_request-"+number(page), wording.PaymentRequest, map[string]string{
		"amount": amount(j.program().Price.Deposit, j.locale()), "link": j.state.Money.PageURL, "until": j.pageUntil(),
	}, j.state.Money.PageUntil)
}

// pageUntil is when the page closes, as the guest reads it.
func (j *journey) pageUntil() string {
	return j.state.Money.PageUntil.UTC().Format("2006-01-02 15:04 UTC")
}

func (j *journey) startPlan(ctx workflow.Context, until time.Time) {
	if j.state.Money.PlanID != "" {
		return
	}
	program, lead := j.program(), j.input.Lead
	id := "pay/" + j.short()
	kit.Child(ctx, j.core, "plan", payment.Type, id, payment.Input{
		Notify: j.id, LeadID: j.id, GuestRef: j.state.GuestRef,
		Customer: payment.Customer{Email: j.state.Email, Phone: j.state.Phone, Name: strings.TrimSpace(lead.FirstName + " " + lead.LastName)},
		Deposit:  program.Price.Deposit, Balance: program.Price.Balance, Label: program.Label, Locale: j.locale(),
		DepositBy: until, BalanceAt: j.state.ArrivalAt.Add(-program.Deadlines.BalanceBefore.Value()), ArrivalAt: j.state.ArrivalAt,
		Refunds: program.Refunds, Zone: program.Zone, SlowMethod: j.slowMethod(), LateWindow: program.Deadlines.LateWindow, Pace: program.Pace,
		ProgramCode: program.Code, Test: j.input.Test,
	})
	j.state.Money.PlanID = id
}

// slowMethod is how long a voucher or a transfer may take beyond the deposit's
// own time.
func (j *journey) slowMethod() options.Duration {
	if slow := j.program().Deadlines.SlowMethod; slow > 0 {
		return slow
	}
	return 3 * j.program().Deadlines.Deposit
}
