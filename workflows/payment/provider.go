package payment

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// pageGrace is how long after a page's own expiry we look ourselves, in case
// the provider's event was lost.
const pageGrace = time.Minute

// pageAgain is how long to wait before we look at it once more.
const pageAgain = 15 * time.Minute

func (p *plan) leadID() string {
	if p.input.LeadID != "" {
		return p.input.LeadID
	}
	return p.id
}

func (p *plan) purpose(step string) payments.Purpose {
	_, short, _ := strings.Cut(p.id, "/")
	return payments.Purpose{LeadID: p.leadID(), CaseID: short, WorkflowID: p.id, Step: step}
}

func (p *plan) hinted() bool { return p.state.Hint }

// read asks the provider for every attempt of this plan.
func (p *plan) read(ctx workflow.Context) error {
	p.state.Hint = false
	attempts, err := kit.Ask(ctx, p.core, "attempts", payments.AttemptsRequest{CustomerID: p.state.CustomerID, WorkflowID: p.id}, payments.Attempts)
	if err != nil {
		p.state.Hint = true
		return err
	}
	p.state.Attempts = attempts
	return nil
}

// savedMethod is the payment method that the deposit left for later.
func (p *plan) savedMethod() string {
	for _, attempt := range p.state.Attempts {
		if attempt.Status == payments.AttemptSucceeded && attempt.PaymentMethodID != "" {
			return attempt.PaymentMethodID
		}
	}
	return ""
}

// openPage opens a payment page unless one is open for this step, and tells
// its address. A page that expired before the deadline is renewed.
func (p *plan) openPage(ctx workflow.Context, step string, amount payments.Money, until time.Time, kind string) error {
	if p.state.Page.Step != step || p.pageClosed() {
		number := p.state.Page.Number + 1
		checkout, err := kit.Do(ctx, p.core, kit.Step[payments.CheckoutRequest, payments.Checkout]{
			Name: fmt.Sprintf("%s.page-%d", step, number), Call: payments.OpenCheckout,
			Request: payments.CheckoutRequest{
				CustomerID: p.state.CustomerID, Amount: amount, Label: p.input.Label, Purpose: p.purpose(step),
				ExpiresAt: until, SaveForLater: step == stepDeposit && p.input.Balance.Minor > 0, Locale: p.input.Locale,
			},
		})
		if err != nil {
			return err
		}
		p.state.Page = Page{ID: checkout.ID, URL: checkout.URL, Step: step, LookAt: checkout.ExpiresAt.Add(pageGrace), Number: number}
	}
	p.tell(ctx, fmt.Sprintf("%s-%d", kind, p.state.Page.Number), Update{Kind: kind, URL: p.state.Page.URL, Until: until})
	return nil
}

// pageClosed says whether the present page can no longer be paid on.
func (p *plan) pageClosed() bool {
	for _, attempt := range p.state.Attempts {
		if attempt.ID == p.state.Page.ID {
			return attempt.Status == payments.AttemptClosed
		}
	}
	return false
}

// awaitPage waits for news of the page: a hint, its own expiry, or the deadline.
func (p *plan) awaitPage(ctx workflow.Context, deadline kit.Deadline) (kit.Wake, error) {
	if !p.state.Page.LookAt.Before(deadline.At) {
		return p.core.Until(ctx, deadline, p.hinted)
	}
	expiry := p.core.Deadline(fmt.Sprintf("page %d", p.state.Page.Number), p.state.Page.LookAt, kit.ClassMoney, "the page is looked at and renewed")
	wake, err := p.core.Until(ctx, expiry, p.hinted)
	if wake == kit.Expired {
		p.state.Page.LookAt = workflow.Now(ctx).Add(pageAgain).UTC()
	}
	p.core.Drop(expiry.Name)
	return kit.Ready, err
}

// closeAttempt closes what could still succeed.
func (p *plan) closeAttempt(ctx workflow.Context, attempt payments.Attempt) error {
	switch attempt.Status {
	case payments.AttemptSucceeded, payments.AttemptClosed:
		return nil
	}
	_, err := kit.Do(ctx, p.core, kit.Step[payments.AttemptRef, payments.Attempt]{
		Name: "close." + attempt.ID, Call: payments.CloseAttempt,
		Request: payments.AttemptRef{Kind: attempt.Kind, ID: attempt.ID},
	})
	return err
}

// giveBack makes the refunds, each once.
func (p *plan) giveBack(ctx workflow.Context, list []due) error {
	for _, item := range list {
		refund, err := kit.Do(ctx, p.core, kit.Step[payments.RefundRequest, payments.Refund]{
			Name: fmt.Sprintf("refund.%s-%d", item.paymentID, p.state.askedFor(item.paymentID)), Call: payments.RefundPayment,
			Request: payments.RefundRequest{
				PaymentID: item.paymentID, Reason: item.reason, WorkflowID: p.id,
				Amount: payments.Money{Minor: item.minor, Currency: p.input.Deposit.Currency},
			},
		})
		if err != nil {
			return err
		}
		p.state.Asked = append(p.state.Asked, Asked{PaymentID: item.paymentID, Minor: item.minor, Reason: item.reason, Status: refund.Status})
		if refund.Status == payments.RefundFailed {
			p.core.Raise(ctx, "refund_failed")
		}
		p.core.Note(ctx, "step", fmt.Sprintf("refund of %d asked for (%s)", item.minor, item.reason))
	}
	return nil
}

// awaitRefunds waits until the provider shows every refund that was asked for.
// It never gives up by itself: every round without news asks for a person.
func (p *plan) awaitRefunds(ctx workflow.Context) error {
	for round := 1; ; round++ {
		if err := p.read(ctx); err != nil {
			return err
		}
		if p.refundsArrived() {
			p.core.Settle("refund_stuck")
			return nil
		}
		deadline := p.core.Deadline(fmt.Sprintf("refund %d", round), workflow.Now(ctx).Add(72*time.Hour), kit.ClassMoney, "an operator is asked")
		wake, err := p.core.Until(ctx, deadline, p.hinted)
		if err != nil {
			return err
		}
		p.core.Drop(deadline.Name)
		if wake == kit.Expired {
			p.core.Raise(ctx, "refund_stuck")
		}
	}
}

func (p *plan) refundsArrived() bool {
	for _, attempt := range p.state.Attempts {
		if attempt.RefundedMinor < p.state.askedFor(attempt.PaymentID) {
			return false
		}
	}
	return true
}
