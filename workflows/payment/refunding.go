package payment

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// giveBack makes the refunds that the plan itself has decided on, each once.
func (p *plan) giveBack(ctx workflow.Context, list []due) error {
	for _, item := range list {
		if _, err := p.refund(ctx, item); err != nil {
			return err
		}
		// Whoever waits next looks at what the provider shows of it.
		p.state.Hint = true
	}
	return nil
}

// refund makes one refund. Only an operator's own may be given up.
func (p *plan) refund(ctx workflow.Context, item due) (payments.Refund, error) {
	refund, err := kit.Do(ctx, p.core, kit.Step[payments.RefundRequest, payments.Refund]{
		Name: p.state.refundStep(item.paymentID), Call: payments.RefundPayment, Skippable: item.reason == reasonOperator,
		Request: payments.RefundRequest{
			PaymentID: item.paymentID, Reason: item.reason, WorkflowID: p.id,
			Amount: payments.Money{Minor: item.minor, Currency: p.input.Deposit.Currency},
		},
	})
	if err != nil {
		return refund, err
	}
	if p.state.keep(item, refund) {
		p.core.Raise(ctx, "refund_failed")
	}
	p.core.Note(ctx, "step", fmt.Sprintf("refund of %d asked for (%s)", item.minor, item.reason))
	return refund, nil
}

// keep records a refund and reports whether it left a debt. What failed at once
// is owed to the guest if the plan owed it; an operator's wish that failed is no
// debt, and its entry only uses up the step's name.
func (s *State) keep(item due, refund payments.Refund) (debt bool) {
	asked := Asked{
		PaymentID: item.paymentID, RefundID: refund.ID, CommandID: item.commandID,
		Minor: item.minor, Reason: item.reason, Status: payments.RefundPending,
	}
	failed := refund.ID == "" || refund.Status == payments.RefundFailed
	switch {
	case failed && item.reason == reasonOperator:
		asked.Minor, asked.Status = 0, payments.RefundFailed
	case failed:
		asked.Status = payments.RefundFailed
	case item.reason == reasonOperator:
		s.makeGood(item.paymentID, item.minor)
	}
	s.Asked = append(s.Asked, asked)
	return failed && asked.Minor > 0
}

// makeGood takes a new refund off what failed ones still owe.
func (s *State) makeGood(paymentID string, minor int64) {
	for i := range s.Asked {
		asked := &s.Asked[i]
		if asked.PaymentID == paymentID && asked.Status == payments.RefundFailed {
			part := min(asked.Minor, minor)
			asked.Minor -= part
			minor -= part
		}
	}
}

// noteRefunds compares what we asked for with what the provider shows: it has
// arrived, or one that had arrived was taken back, even days later. Then the
// guest is owed it again, and a person must act.
func (p *plan) noteRefunds(ctx workflow.Context) {
	reversed := false
	for _, attempt := range p.state.Attempts {
		reversed = p.state.matchRefunds(attempt) || reversed
	}
	if reversed {
		p.core.Raise(ctx, "refund_failed")
		p.tell(ctx, fmt.Sprintf("refund_failed-%d", len(p.state.Reported)), Update{Kind: "refund_failed"})
	}
	if p.refundsArrived() {
		p.core.Settle("refund_failed")
	}
}

// matchRefunds brings the refunds of one payment to what the provider shows,
// and reports whether one of them was taken back.
func (s *State) matchRefunds(attempt payments.Attempt) (reversed bool) {
	asked, shown := s.askedFor(attempt.PaymentID), attempt.RefundedMinor
	alive := asked - s.askedAs(attempt.PaymentID, payments.RefundFailed)
	arrived := s.askedAs(attempt.PaymentID, payments.RefundSucceeded)
	for i := range slices.Backward(s.Asked) {
		refund := &s.Asked[i]
		switch {
		case refund.PaymentID != attempt.PaymentID, refund.Minor == 0:
		case shown >= asked, shown >= alive && refund.Status == payments.RefundPending:
			refund.Status = payments.RefundSucceeded
		case shown < arrived && refund.Status == payments.RefundSucceeded:
			refund.Status, reversed = payments.RefundFailed, true
			arrived -= refund.Minor
		}
	}
	return reversed
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
