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

// slowAgain is the same while a slow method is under way, which takes days.
const slowAgain = 12 * time.Hour

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

// until waits for news from the provider. Money does not wait for a hold: what
// runs out during one is carried out, and a person is told.
func (p *plan) until(ctx workflow.Context, deadline kit.Deadline) (kit.Wake, error) {
	wake, err := p.core.Until(ctx, deadline, p.hinted)
	if wake == kit.Expired && err == nil && p.core.Held() {
		p.core.Raise(ctx, "passed_while_held")
	}
	return wake, err
}

// read asks the provider for every attempt of this plan.
func (p *plan) read(ctx workflow.Context) error {
	p.state.Hint = false
	attempts, err := kit.Ask(ctx, p.core, "attempts", payments.AttemptsRequest{CustomerID: p.state.CustomerID, WorkflowID: p.id}, payments.Attempts)
	if err != nil {
		p.state.Hint = true
		return err
	}
	p.state.sort(attempts, p.input.Deposit.Currency)
	p.noteRefunds(ctx)
	p.noteAmounts(ctx)
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
		return p.until(ctx, deadline)
	}
	expiry := p.core.Deadline(fmt.Sprintf("page %d", p.state.Page.Number), p.state.Page.LookAt, kit.ClassMoney, "the page is looked at and renewed")
	wake, err := p.until(ctx, expiry)
	if wake == kit.Expired {
		again := pageAgain
		if p.state.underWay(p.state.Page.Step) {
			again = slowAgain
		}
		p.state.Page.LookAt = workflow.Now(ctx).Add(again).UTC()
	}
	p.core.Drop(expiry.Name)
	return kit.Ready, err
}

// sort puts aside what captured another currency.
func (s *State) sort(attempts []payments.Attempt, currency string) {
	s.Attempts, s.Foreign = nil, nil
	for _, attempt := range attempts {
		if attempt.CapturedMinor > 0 && attempt.Amount.Currency != "" && attempt.Amount.Currency != currency {
			s.Foreign = append(s.Foreign, attempt)
			continue
		}
		s.Attempts = append(s.Attempts, attempt)
	}
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
