package payment

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// opening fixes the refund dates and makes the customer.
func (p *plan) opening(ctx workflow.Context) (string, error) {
	if err := p.agree(ctx); err != nil {
		return "", err
	}
	customer, err := kit.Do(ctx, p.core, kit.Step[payments.Customer, payments.CustomerRef]{
		Name: "customer", Call: payments.EnsureCustomer,
		Request: payments.Customer{
			Email: p.input.Customer.Email, Phone: p.input.Customer.Phone, Name: p.input.Customer.Name,
			LeadID: p.leadID(), GuestRef: p.input.GuestRef,
		},
	})
	p.state.CustomerID = customer.ID
	return StageDeposit, err
}

// deposit keeps a page open until the deposit is captured or its time is over.
// A payment that is under way by then may take its time; a new page is not
// opened for it.
func (p *plan) deposit(ctx workflow.Context) (string, error) {
	for {
		deadline := p.depositDeadline()
		if !p.extended() && !p.state.underWay(stepDeposit) {
			if err := p.openPage(ctx, stepDeposit, p.input.Deposit, deadline.At, "checkout_ready"); err != nil {
				return "", err
			}
		}
		wake, err := p.awaitPage(ctx, deadline)
		if err != nil {
			return "", err
		}
		if err := p.read(ctx); err != nil {
			return "", err
		}
		switch {
		case p.state.capturedFor(stepDeposit) >= p.input.Deposit.Minor && p.paidBy(deadline.At):
			p.state.Money = MoneyDeposit
			p.tell(ctx, "deposit_paid", Update{Kind: "deposit_paid"})
			return StageBalance, nil
		case wake == kit.Expired && p.extend(ctx):
		case wake == kit.Expired, p.extended() && !p.state.underWay(stepDeposit):
			p.cancel(ctx, Cancel{Kind: "expired", Refund: "full"})
			return StageClosing, nil
		}
	}
}

// paidBy says whether the deposit was captured in time.
func (p *plan) paidBy(deadline time.Time) bool {
	for _, attempt := range p.state.Attempts {
		if attempt.Step == stepDeposit && attempt.CapturedMinor > 0 && !attempt.CapturedAt.After(deadline) {
			return true
		}
	}
	return false
}

// balance charges the saved method on its day.
func (p *plan) balance(ctx workflow.Context) (string, error) {
	if err := p.giveBack(ctx, surplus(p.state, stepDeposit, p.input.Deposit.Minor)); err != nil {
		return "", err
	}
	if p.input.Balance.Minor == 0 {
		return p.settled(ctx)
	}
	day := p.core.Deadline("balance due", p.input.BalanceAt, kit.ClassMoney, "the saved payment method is charged")
	for !p.state.Charged {
		wake, err := p.until(ctx, day)
		if err != nil {
			return "", err
		}
		if wake == kit.Expired {
			p.state.Charged = true
			break
		}
		if err := p.read(ctx); err != nil {
			return "", err
		}
	}
	return p.charge(ctx)
}

func (p *plan) charge(ctx workflow.Context) (string, error) {
	method := p.savedMethod()
	if method == "" {
		return StageArrears, nil
	}
	attempt, err := kit.Do(ctx, p.core, kit.Step[payments.ChargeRequest, payments.Attempt]{
		Name: "balance.charge", Call: payments.ChargeSaved,
		Request: payments.ChargeRequest{
			CustomerID: p.state.CustomerID, PaymentMethodID: method, Amount: p.input.Balance,
			Label: p.input.Label, Purpose: p.purpose(stepBalance),
		},
	})
	if err != nil {
		return "", err
	}
	if err := p.read(ctx); err != nil {
		return "", err
	}
	if p.state.capturedFor(stepBalance) >= p.input.Balance.Minor {
		return p.settled(ctx)
	}
	if attempt.Status == payments.AttemptProcessing {
		return StageArrears, nil
	}
	// The guest pays on a page now: our own charge must never succeed as well.
	return StageArrears, p.closeAttempt(ctx, attempt)
}

// arrears asks the guest to pay the balance on a page, until arrival. A page is
// open for a day; a new one, and with it a message, comes on fixed days only.
func (p *plan) arrears(ctx workflow.Context) (string, error) {
	if p.state.Money != MoneyPastDue {
		p.state.Money = MoneyPastDue
		p.core.Raise(ctx, "past_due")
	}
	until := p.input.ArrivalAt
	if until.IsZero() || !until.After(p.state.Since) {
		until = p.state.Since.Add(p.input.LateWindow.Value())
	}
	deadline := p.core.Deadline("balance overdue", until, kit.ClassMoney, "an operator decides; the guest is asked no more")
	for {
		if err := p.remindOfBalance(ctx, deadline.At); err != nil {
			return "", err
		}
		wake, err := p.awaitArrears(ctx, deadline)
		if err != nil {
			return "", err
		}
		if err := p.read(ctx); err != nil {
			return "", err
		}
		if p.state.capturedFor(stepBalance) >= p.input.Balance.Minor {
			return p.settled(ctx)
		}
		if wake == kit.Expired {
			p.state.Overdue = true
			p.core.Raise(ctx, "balance_overdue")
			p.tell(ctx, "past_due", Update{Kind: "past_due"})
			deadline = p.core.Deadline("balance overdue", workflow.Now(ctx).Add(p.input.LateWindow.Value()), kit.ClassMoney, "an operator is asked again")
		}
	}
}

// dunning is when the guest is asked: at once, after 3 and 7 days, then weekly.
func dunning(since time.Time, round int) time.Time {
	const day = 24 * time.Hour
	switch round {
	case 0:
		return since
	case 1:
		return since.Add(3 * day)
	}
	return since.Add(time.Duration(round-1) * 7 * day)
}

func (p *plan) pageOpen(step string) bool { return p.state.Page.Step == step && !p.pageClosed() }

// remindOfBalance opens a page when none is open and a day to ask has come.
func (p *plan) remindOfBalance(ctx workflow.Context, until time.Time) error {
	if p.state.Overdue || p.pageOpen(stepBalance) || workflow.Now(ctx).Before(dunning(p.state.Since, p.state.Reminders)) {
		return nil
	}
	err := p.openPage(ctx, stepBalance, p.input.Balance, until, "action_required")
	if err == nil {
		p.state.Reminders++
	}
	return err
}

// awaitArrears waits for news of the page, or for the next day to ask.
func (p *plan) awaitArrears(ctx workflow.Context, deadline kit.Deadline) (kit.Wake, error) {
	next := dunning(p.state.Since, p.state.Reminders)
	if p.pageOpen(stepBalance) {
		return p.awaitPage(ctx, deadline)
	}
	if p.state.Overdue || !next.Before(deadline.At) {
		return p.until(ctx, deadline)
	}
	reminder := p.core.Deadline(fmt.Sprintf("balance reminder %d", p.state.Reminders), next, kit.ClassMoney, "the guest gets a new page")
	_, err := p.until(ctx, reminder)
	p.core.Drop(reminder.Name)
	return kit.Ready, err
}

func (p *plan) settled(ctx workflow.Context) (string, error) {
	p.state.Money = MoneyPaid
	p.core.Settle("past_due")
	p.core.Settle("balance_overdue")
	p.tell(ctx, "paid", Update{Kind: "paid"})
	return StagePaid, nil
}

// paid stays open: it can still be cancelled, and a second payment of the same
// thing goes back.
func (p *plan) paid(ctx workflow.Context) (string, error) {
	end := workflow.Now(ctx)
	if p.input.ArrivalAt.After(end) {
		end = p.input.ArrivalAt
	}
	for {
		deadline := p.core.Deadline("late window", end.Add(p.input.LateWindow.Value()), kit.ClassMoney, "the plan ends, if nothing is owed")
		for _, list := range [][]due{
			surplus(p.state, stepDeposit, p.input.Deposit.Minor),
			surplus(p.state, stepBalance, p.input.Balance.Minor),
		} {
			if err := p.giveBack(ctx, list); err != nil {
				return "", err
			}
		}
		wake, err := p.until(ctx, deadline)
		if err != nil {
			return "", err
		}
		if err := p.read(ctx); err != nil {
			return "", err
		}
		switch {
		case wake == kit.Expired && p.refundsArrived():
			return StageEnded, nil
		case wake == kit.Expired:
			p.core.Raise(ctx, "refund_stuck")
			end = workflow.Now(ctx)
		}
	}
}

// closing closes every page and charge that could still succeed, reads them
// again, and gives back what is due.
func (p *plan) closing(ctx workflow.Context) (string, error) {
	if err := p.read(ctx); err != nil {
		return "", err
	}
	for _, attempt := range p.state.Attempts {
		if err := p.closeAttempt(ctx, attempt); err != nil {
			return "", err
		}
	}
	if err := p.read(ctx); err != nil {
		return "", err
	}
	// What an operator ordered before is made before what the rules add to it.
	if err := p.takeOrders(ctx); err != nil {
		return "", err
	}
	owed := dueAfterClosing(p.state)
	if len(owed) > 0 {
		p.state.Money = MoneyRefunding
		p.tell(ctx, "refund_requested", Update{Kind: "refund_requested"})
	}
	if err := p.giveBack(ctx, owed); err != nil {
		return "", err
	}
	if err := p.awaitRefunds(ctx); err != nil {
		return "", err
	}
	p.closed(ctx)
	return StageLate, nil
}

func (p *plan) closed(ctx workflow.Context) {
	switch {
	case p.state.refunded() > 0:
		p.state.Money = MoneyRefunded
	case p.state.Cancel.Kind == "expired":
		p.state.Money = MoneyExpired
	default:
		p.state.Money = MoneyCancelled
	}
	kind := p.state.Money
	if p.state.Cancel.Kind == "expired" {
		kind = "expired"
	}
	p.tell(ctx, "closed", Update{Kind: kind})
	p.core.Complete(p.state.Cancel.CommandID, "done", kind)
}

// late waits for money that comes too late, and gives it back in full. It also
// looks whether what was given back has stayed so: a refund may fail days after
// it was accepted, and then the plan does not end without a person.
func (p *plan) late(ctx workflow.Context) (string, error) {
	for {
		deadline := p.core.Deadline("late window", workflow.Now(ctx).Add(p.input.LateWindow.Value()), kit.ClassMoney, "the plan ends, if nothing is owed")
		wake, err := p.until(ctx, deadline)
		if err != nil {
			return "", err
		}
		if err := p.read(ctx); err != nil {
			return "", err
		}
		if owed := dueAfterClosing(p.state); len(owed) > 0 {
			if err := p.refundLate(ctx, owed); err != nil {
				return "", err
			}
		}
		switch {
		case !p.refundsArrived():
			p.state.Money = MoneyRefunding
			p.core.Raise(ctx, "refund_failed")
		case wake == kit.Expired:
			return StageEnded, nil
		case p.state.refunded() > 0:
			p.state.Money = MoneyRefunded
		}
	}
}

func (p *plan) refundLate(ctx workflow.Context, owed []due) error {
	p.state.Money = MoneyRefunding
	if err := p.giveBack(ctx, owed); err != nil {
		return err
	}
	if err := p.awaitRefunds(ctx); err != nil {
		return err
	}
	p.state.Money = MoneyRefunded
	p.tell(ctx, fmt.Sprintf("late_refunded-%d", p.state.refunded()), Update{Kind: "late_refunded"})
	return nil
}
