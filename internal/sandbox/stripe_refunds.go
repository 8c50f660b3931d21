package sandbox

import (
	"fmt"
	"net/http"
)

type stripeRefund struct {
	ID       string            `json:"id"`
	Created  int64             `json:"created"`
	Charge   string            `json:"charge"`
	Intent   string            `json:"intent"`
	Amount   int64             `json:"amount"`
	Currency string            `json:"currency"`
	Reason   string            `json:"reason"`
	Status   string            `json:"status"`
	Metadata map[string]string `json:"metadata"`
}

func (s *Server) stripeCreateRefund(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("payment_intent", "charge", "amount", "reason", "metadata", "currency", "instructions_email"); refused != nil {
		return *refused
	}
	if refused := checkChoice("reason", params.Get("reason"), "duplicate", "fraudulent", "requested_by_customer"); refused != nil {
		return *refused
	}
	metadata, refused := params.metadata("metadata")
	if refused != nil {
		return *refused
	}
	charge, refused := s.chargeToRefund(params)
	if refused != nil {
		return *refused
	}
	amount, refused := refundAmount(params, charge)
	if refused != nil {
		return *refused
	}
	refund := stripeRefund{
		ID: "re_" + randomText(24), Created: s.now().Unix(), Charge: charge.ID, Intent: charge.Intent,
		Amount: amount, Currency: charge.Currency, Reason: params.Get("reason"), Status: "succeeded", Metadata: metadata,
	}
	if s.stripe.holdRefunds {
		refund.Status = "pending"
	}
	charge.Refunded += amount
	s.stripe.refunds.put(refund.ID, refund)
	s.stripe.charges.put(charge.ID, charge)
	s.stripeEvent("charge.refunded", renderCharge(charge, nil))
	return stripeDone(renderRefund(refund, nil), refund.ID)
}

// chargeToRefund finds the captured charge that the caller names.
func (s *Server) chargeToRefund(params stripeParams) (stripeCharge, *answer) {
	id := params.Get("charge")
	if intentID := params.Get("payment_intent"); intentID != "" {
		intent, found := s.stripe.intents.get(intentID)
		if !found {
			return stripeCharge{}, stripeMissing(http.StatusNotFound, "payment_intent", "payment_intent", intentID)
		}
		if intent.Status != intentSucceeded {
			return stripeCharge{}, stripeInvalid("payment_intent", "", "This PaymentIntent (%s) does not have a successful charge to refund.", intentID)
		}
		id = intent.Charge
	}
	if id == "" {
		return stripeCharge{}, stripeInvalid("", "parameter_missing", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	charge, found := s.stripe.charges.get(id)
	switch {
	case !found:
		return charge, stripeMissing(http.StatusNotFound, "charge", "charge", id)
	case !charge.Paid:
		return charge, stripeInvalid("charge", "", "Charge %s was not captured and cannot be refunded.", id)
	case charge.Refunded == charge.Amount:
		return charge, stripeInvalid("", "charge_already_refunded", "Charge %s has already been refunded.", id)
	}
	return charge, nil
}

func refundAmount(params stripeParams, charge stripeCharge) (int64, *answer) {
	rest := charge.Amount - charge.Refunded
	text := params.Get("amount")
	if text == "" {
		return rest, nil
	}
	amount, _, refused := stripeAmount("amount", text, "currency", charge.Currency)
	if refused != nil {
		return 0, refused
	}
	if amount > rest {
		return 0, stripeInvalid("amount", "", "%s", fmt.Sprintf("Refund amount (%s) is greater than unrefunded amount on charge (%s)", printed(amount, charge.Currency), printed(rest, charge.Currency)))
	}
	return amount, nil
}

func (s *Server) stripeGetRefund(c *call) answer {
	refund, found := s.stripe.refunds.get(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "refund", "refund", c.PathValue("id"))
	}
	return stripeOK(renderRefund(refund, nil))
}

func (s *Server) stripeListRefunds(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("payment_intent", "charge", "limit", "starting_after", "ending_before", "created"); refused != nil {
		return *refused
	}
	intent, charge := params.Get("payment_intent"), params.Get("charge")
	return stripePage(c, s.stripe.refunds.newest(),
		func(refund stripeRefund) bool {
			return (intent == "" || refund.Intent == intent) && (charge == "" || refund.Charge == charge)
		},
		func(refund stripeRefund) string { return refund.ID }, renderRefund)
}

func renderRefund(refund stripeRefund, _ expansion) map[string]any {
	return map[string]any{
		"id": refund.ID, "object": "refund", "created": refund.Created, "amount": refund.Amount, "currency": refund.Currency, "status": refund.Status,
		"charge": refund.Charge, "payment_intent": refund.Intent, "reason": orNull(refund.Reason), "metadata": refund.Metadata,
		"balance_transaction": nil, "receipt_number": nil, "source_transfer_reversal": nil, "transfer_reversal": nil,
	}
}
