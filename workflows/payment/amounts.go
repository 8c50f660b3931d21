package payment

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// noteAmounts asks for a person when what came is not the price: a transfer of
// a part, or of too much, or in another currency. What is too much goes back by
// itself; what is missing is between the house and the guest.
func (p *plan) noteAmounts(ctx workflow.Context) {
	wrong := len(p.state.Foreign) > 0 ||
		p.state.Cancel == nil && (p.state.isWrong(stepDeposit, p.input.Deposit.Minor) || p.state.isWrong(stepBalance, p.input.Balance.Minor))
	if !wrong {
		p.core.Settle("wrong_amount")
		return
	}
	p.core.Raise(ctx, "wrong_amount")
	p.tell(ctx, fmt.Sprintf("wrong_amount-%d", p.state.captured()), Update{Kind: "wrong_amount"})
}

// isWrong says whether a payment of another amount keeps a step from its price.
// The price paid twice is not wrong: the second goes back.
func (s *State) isWrong(step string, price int64) bool {
	if kept := s.capturedFor(step); kept == 0 || kept == price {
		return false
	}
	for _, attempt := range s.Attempts {
		if attempt.Step == step && attempt.CapturedMinor > 0 && attempt.CapturedMinor != price {
			return true
		}
	}
	return false
}

// underWay says whether a slow method has begun to pay a step.
func (s *State) underWay(step string) bool {
	for _, attempt := range s.Attempts {
		if attempt.Step == step && attempt.Status == payments.AttemptProcessing {
			return true
		}
	}
	return false
}

// depositDeadline is when the deposit's time is over.
func (p *plan) depositDeadline() kit.Deadline {
	at, consequence := p.input.DepositBy, "the page is closed, late money goes back; what is under way may take longer, once"
	if p.extended() {
		at, consequence = p.state.DepositBy, "the deposit is given up, late money goes back"
	}
	return p.core.Deadline("deposit", at, kit.ClassMoney, consequence)
}

func (p *plan) extended() bool { return !p.state.DepositBy.IsZero() }

// extend gives a voucher or a bank transfer that has begun its time, once, and
// never beyond the arrival. It reports whether there was time to give.
func (p *plan) extend(ctx workflow.Context) bool {
	until := p.input.DepositBy.Add(p.input.SlowMethod.Value())
	if arrival := p.input.ArrivalAt; !arrival.IsZero() && arrival.Before(until) {
		until = arrival
	}
	if p.extended() || !p.state.underWay(stepDeposit) || !until.After(workflow.Now(ctx)) {
		return false
	}
	p.state.DepositBy = until
	p.core.Note(ctx, "deadline", "the deposit is under way: it may take until "+until.Format(time.RFC3339))
	p.tell(ctx, "processing", Update{Kind: "processing", Until: until})
	return true
}
