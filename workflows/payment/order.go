package payment

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// Order is a refund that an operator ordered.
type Order struct {
	CommandID string `json:"commandId"`
	PaymentID string `json:"paymentId"`
	Minor     int64  `json:"minor"`
	// Made is the provider's answer, until the order's own answer is given.
	Made *payments.Refund `json:"made,omitempty"`
}

// Refusal is the answer to an order that cannot be made.
type Refusal struct {
	CommandID string `json:"commandId"`
	Why       string `json:"why"`
}

// left is how much of a payment an order may still give back. A refund that
// failed does not count: ordering again is how it is made good.
func (s *State) left(attempt payments.Attempt) int64 {
	gone := max(attempt.RefundedMinor, s.askedFor(attempt.PaymentID)-s.askedAs(attempt.PaymentID, payments.RefundFailed))
	for _, order := range s.ordered() {
		if order.PaymentID == attempt.PaymentID {
			gone += order.Minor
		}
	}
	return attempt.CapturedMinor - gone
}

// ordered lists the orders that have not been made.
func (s *State) ordered() []Order {
	if s.Order == nil || s.Order.Made != nil {
		return s.Orders
	}
	return append([]Order{*s.Order}, s.Orders...)
}

// inFlight names the refund of a payment that is ordered or under way; empty
// means none.
func (s *State) inFlight(attempt payments.Attempt) string {
	for _, order := range s.ordered() {
		if order.PaymentID == attempt.PaymentID {
			return order.CommandID
		}
	}
	for _, asked := range s.Asked {
		if asked.PaymentID == attempt.PaymentID && asked.Status == payments.RefundPending {
			return asked.RefundID
		}
	}
	step := s.refundStep(attempt.PaymentID)
	if entry, begun := s.Common.Ledger[step]; begun && entry.Status != kit.StepDone && entry.Status != kit.StepSkipped {
		return step
	}
	return ""
}

// refundStep names the next refund of a payment: one effect key each.
func (s *State) refundStep(paymentID string) string {
	made := 0
	for _, asked := range s.Asked {
		if asked.PaymentID == paymentID {
			made++
		}
	}
	return fmt.Sprintf("refund.%s-%d", paymentID, made)
}

// place turns what an operator asks for into an order, or says why not.
func (s *State) place(commandID, charge string, amount payments.Money, currency string) (Order, error) {
	switch {
	case amount.Minor <= 0:
		return Order{}, fmt.Errorf("minor: want more than 0, in the currency's smallest unit")
	case amount.Currency != currency:
		return Order{}, fmt.Errorf("currency: the plan's is %s", currency)
	}
	attempt, err := s.pick(charge, amount.Minor)
	if err != nil {
		return Order{}, err
	}
	if first := s.inFlight(attempt); first != "" {
		return Order{}, fmt.Errorf("charge %s has a refund in flight: %s; wait for it, or repeat that command to see its result", attempt.PaymentID, first)
	}
	if left := s.left(attempt); amount.Minor > left {
		return Order{}, fmt.Errorf("minor: %d is left of charge %s (%d captured, less what was given back or asked for)", left, attempt.PaymentID, attempt.CapturedMinor)
	}
	return Order{CommandID: commandID, PaymentID: attempt.PaymentID, Minor: amount.Minor}, nil
}

// pick finds the charge: the one that is named, else the latest of which enough
// is left, else the latest, whose refusal then says what is wrong.
func (s *State) pick(charge string, minor int64) (payments.Attempt, error) {
	var found []payments.Attempt
	var known []string
	for _, attempt := range slices.Backward(s.Attempts) {
		if attempt.CapturedMinor == 0 {
			continue
		}
		known = append(known, attempt.PaymentID)
		if charge == "" || charge == attempt.PaymentID {
			found = append(found, attempt)
		}
	}
	switch {
	case len(known) == 0:
		return payments.Attempt{}, fmt.Errorf("nothing was captured: there is nothing to refund")
	case len(found) == 0:
		return payments.Attempt{}, fmt.Errorf("charge: want one of %s", strings.Join(known, ", "))
	}
	for _, attempt := range found {
		if s.left(attempt) >= minor && s.inFlight(attempt) == "" {
			return attempt, nil
		}
	}
	return found[0], nil
}

// knows says whether an order with this command was taken before.
func (s *State) knows(commandID string) bool {
	return slices.ContainsFunc(s.ordered(), func(order Order) bool { return order.CommandID == commandID }) ||
		slices.ContainsFunc(s.Asked, func(asked Asked) bool { return asked.CommandID == commandID })
}

func (p *plan) checkRefund(command Refund) error {
	if command.Role != "operator" && command.Role != "manager" {
		return fmt.Errorf("role: only an operator or a manager refunds")
	}
	_, err := p.state.place("", command.Charge, payments.Money{Minor: command.Minor, Currency: command.Currency}, p.input.Deposit.Currency)
	return err
}

// order takes an operator's refund; checkRefund has seen it, or it came by a
// signal and is answered by a report.
func (p *plan) order(ctx workflow.Context, commandID, charge string, amount payments.Money) {
	if p.state.knows(commandID) {
		p.core.Complete(commandID, "done", "ordered before")
		return
	}
	order, err := p.state.place(commandID, charge, amount, p.input.Deposit.Currency)
	if err != nil {
		p.refuse(ctx, commandID, err.Error())
		return
	}
	p.state.Orders = append(p.state.Orders, order)
	p.core.Note(ctx, "command", fmt.Sprintf("refund of %d ordered", order.Minor))
}

// refuse reports; it may be called by a handler, so the report waits for the loop.
func (p *plan) refuse(ctx workflow.Context, commandID, why string) {
	p.core.Note(ctx, "command", "refund refused: "+why)
	p.core.Complete(commandID, "failed", why)
	p.state.Refusals = append(p.state.Refusals, Refusal{CommandID: commandID, Why: why})
}

// hasOrders says whether the loop has an operator's refund to make or to answer.
func (p *plan) hasOrders() bool { return len(p.state.Orders) > 0 || len(p.state.Refusals) > 0 }

// takeOrders makes the refunds that operators ordered. The one that is being
// made is finished first, under its own key, whatever came meanwhile.
func (p *plan) takeOrders(ctx workflow.Context) error {
	for p.state.Order != nil || p.hasOrders() {
		p.answerRefusals(ctx)
		if p.state.Order == nil && len(p.state.Orders) > 0 {
			next := p.state.Orders[0]
			p.state.Order, p.state.Orders = &next, p.state.Orders[1:]
		}
		if p.state.Order == nil {
			continue
		}
		if err := p.makeOrder(ctx, p.state.Order); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) answerRefusals(ctx workflow.Context) {
	for len(p.state.Refusals) > 0 {
		refusal := p.state.Refusals[0]
		p.state.Refusals = p.state.Refusals[1:]
		p.tell(ctx, "refund_refused-"+refusal.CommandID, Update{Kind: "refund_refused", CommandID: refusal.CommandID, Detail: refusal.Why})
	}
}

// makeOrder makes one refund and answers it. It may be cut off anywhere and
// called again.
func (p *plan) makeOrder(ctx workflow.Context, order *Order) error {
	if order.Made == nil {
		if err := p.fulfil(ctx, order); err != nil {
			return err
		}
	}
	if order.Made.ID == "" || order.Made.Status == payments.RefundFailed {
		p.state.Order = nil
		p.refuse(ctx, order.CommandID, "the refund was not made: too little is left of the charge, the provider refused it, or it was given up")
		return nil
	}
	if err := p.read(ctx); err != nil {
		return err
	}
	// The stage has to look as well at what was read here.
	p.state.Order, p.state.Hint = nil, true
	detail := fmt.Sprintf("refund %s of %d %s is %s", order.Made.ID, order.Minor, p.input.Deposit.Currency, order.Made.Status)
	p.core.Complete(order.CommandID, "done", detail)
	p.tell(ctx, "refund_done-"+order.CommandID, Update{Kind: "refund_done", CommandID: order.CommandID, Detail: detail})
	return nil
}

// fulfil looks once more whether so much is left, as the plan may have given
// some of it back by itself since the order was taken, and refunds.
func (p *plan) fulfil(ctx workflow.Context, order *Order) error {
	if p.core.StepStatusOf(p.state.refundStep(order.PaymentID)) == kit.StepNew {
		if err := p.read(ctx); err != nil {
			return err
		}
		if p.overdrawn(*order) {
			order.Made = &payments.Refund{}
			return nil
		}
	}
	refund, err := p.refund(ctx, due{paymentID: order.PaymentID, minor: order.Minor, reason: reasonOperator, commandID: order.CommandID})
	if err == nil {
		order.Made = &refund
	}
	return err
}

func (p *plan) overdrawn(order Order) bool {
	for _, attempt := range p.state.Attempts {
		if attempt.PaymentID == order.PaymentID {
			// left counts the order itself as gone.
			return p.state.left(attempt) < 0
		}
	}
	return true
}
