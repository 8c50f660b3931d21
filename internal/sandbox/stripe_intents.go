package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// The statuses of a payment.
const (
	intentNeedsMethod  = "requires_payment_method"
	intentNeedsConfirm = "requires_confirmation"
	intentNeedsAction  = "requires_action"
	intentProcessing   = "processing"
	intentSucceeded    = "succeeded"
	intentCanceled     = "canceled"
)

// ChargeOutcome is what happens when a customer's saved method is charged.
type ChargeOutcome string

// The outcomes.
const (
	ChargeSucceeds            ChargeOutcome = "succeed"
	ChargeDeclined            ChargeOutcome = "declined"
	ChargeNeedsAuthentication ChargeOutcome = "authentication_required"
	ChargeProcessing          ChargeOutcome = "processing" // until Settle
)

type stripeIntent struct {
	ID               string            `json:"id"`
	Created          int64             `json:"created"`
	Amount           int64             `json:"amount"`
	Received         int64             `json:"received"`
	Currency         string            `json:"currency"`
	Status           string            `json:"status"`
	Customer         string            `json:"customer"`
	Method           string            `json:"method"`
	MethodTypes      []string          `json:"methodTypes"`
	Label            string            `json:"label"`
	SetupFutureUsage string            `json:"setupFutureUsage"`
	Metadata         map[string]string `json:"metadata"`
	Secret           string            `json:"secret"`
	Charge           string            `json:"charge"`
	Session          string            `json:"session"` // the page it was made by
	CanceledAt       int64             `json:"canceledAt"`
	CancelReason     string            `json:"cancelReason"`
	Problem          *stripeProblem    `json:"problem"`
	Automatic        bool              `json:"automatic"`
}

type stripeCharge struct {
	ID       string            `json:"id"`
	Created  int64             `json:"created"`
	Intent   string            `json:"intent"`
	Customer string            `json:"customer"`
	Method   string            `json:"method"`
	Kind     string            `json:"kind"` // of the method
	Amount   int64             `json:"amount"`
	Refunded int64             `json:"refunded"`
	Currency string            `json:"currency"`
	Status   string            `json:"status"`
	Paid     bool              `json:"paid"`
	Label    string            `json:"label"`
	Metadata map[string]string `json:"metadata"`
	Problem  *stripeProblem    `json:"problem"`
}

func (s *Server) stripeCreateIntent(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("amount", "currency", "customer", "payment_method", "payment_method_types", "payment_method_options", "automatic_payment_methods", "confirm", "off_session",
		"metadata", "description", "receipt_email", "return_url", "setup_future_usage", "statement_descriptor", "statement_descriptor_suffix", "error_on_requires_action", "capture_method", "confirmation_method"); refused != nil {
		return *refused
	}
	intent, refused := s.readIntent(params)
	if refused != nil {
		return *refused
	}
	if params.Get("confirm") != "true" {
		s.stripe.intents.put(intent.ID, intent)
		return stripeDone(s.renderIntent(intent, params.expand()), intent.ID)
	}
	return s.confirmIntent(intent, params.Get("off_session") == "true", params.expand())
}

func (s *Server) readIntent(params stripeParams) (stripeIntent, *answer) {
	id := "pi_" + randomText(24)
	intent := stripeIntent{
		ID: id, Created: s.now().Unix(), Status: intentNeedsMethod, Secret: id + "_secret_" + randomText(25),
		Customer: params.Get("customer"), Method: params.Get("payment_method"), Label: params.Get("description"),
		SetupFutureUsage: params.Get("setup_future_usage"), MethodTypes: listParam(params, "payment_method_types"),
		Automatic: params.Get("automatic_payment_methods[enabled]") == "true",
	}
	if refused := params.required("amount", "currency"); refused != nil {
		return intent, refused
	}
	var refused *answer
	if intent.Amount, intent.Currency, refused = stripeAmount("amount", params.Get("amount"), "currency", params.Get("currency")); refused != nil {
		return intent, refused
	}
	if refused := stripeEnough("amount", intent.Amount, intent.Currency); refused != nil {
		return intent, refused
	}
	if intent.Metadata, refused = params.metadata("metadata"); refused != nil {
		return intent, refused
	}
	return intent, s.checkConfirmation(params, &intent)
}

func (s *Server) checkConfirmation(params stripeParams, intent *stripeIntent) *answer {
	confirm, offSession := params.Get("confirm") == "true", params.Get("off_session") == "true"
	if _, found := s.stripe.customers.get(intent.Customer); intent.Customer != "" && !found {
		return stripeMissing(http.StatusBadRequest, "customer", "customer", intent.Customer)
	}
	if offSession && !confirm {
		return stripeInvalid("off_session", "", "You can only set `off_session` when `confirm` is `true`.")
	}
	method, found := s.stripe.methods.get(intent.Method)
	switch {
	case intent.Method == "" && confirm:
		return stripeInvalid("payment_method", "parameter_missing", "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
	case intent.Method != "" && (!found || method.Customer == ""):
		return stripeMissing(http.StatusBadRequest, "payment_method", "PaymentMethod", intent.Method)
	case found && method.Customer != intent.Customer:
		return stripeInvalid("payment_method", "", "The provided PaymentMethod does not belong to the Customer of this PaymentIntent.")
	case confirm && !offSession && intent.Automatic && params.Get("automatic_payment_methods[allow_redirects]") != "never" && params.Get("return_url") == "":
		return stripeInvalid("return_url", "", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`.")
	case found:
		intent.Status = intentNeedsConfirm
	}
	return nil
}

// confirmIntent charges the saved method with the outcome set for the customer.
func (s *Server) confirmIntent(intent stripeIntent, offSession bool, expand expansion) answer {
	outcome, set := s.stripe.outcomes.get(intent.Customer)
	if !set {
		outcome, _ = s.stripe.outcomes.get("")
	}
	switch {
	case outcome == ChargeDeclined:
		intent = s.declineIntent(intent, stripeDecline("card_declined"))
	case outcome == ChargeNeedsAuthentication && offSession:
		intent = s.declineIntent(intent, stripeDecline("authentication_required"))
	case outcome == ChargeNeedsAuthentication:
		intent.Status = intentNeedsAction
		s.stripe.intents.put(intent.ID, intent)
	case outcome == ChargeProcessing:
		intent.Status = intentProcessing
		s.stripe.intents.put(intent.ID, intent)
	default:
		intent = s.captureIntent(intent)
	}
	if intent.Problem == nil {
		return stripeDone(s.renderIntent(intent, expand), intent.ID)
	}
	problem := *intent.Problem
	problem.Charge = intent.Charge
	problem.PaymentIntent = s.renderIntent(intent, nil)
	if method, found := s.stripe.methods.get(intent.Method); found {
		problem.PaymentMethod = renderMethod(method, nil)
	}
	declined := stripeError(http.StatusPaymentRequired, problem)
	declined.effect, declined.objectID = true, intent.ID
	return declined
}

func stripeDecline(code string) stripeProblem {
	if code == "authentication_required" {
		return stripeProblem{Type: "card_error", Code: code, DeclineCode: code, Message: "Your card was declined. This transaction requires authentication."}
	}
	return stripeProblem{Type: "card_error", Code: code, DeclineCode: "generic_decline", Message: "Your card was declined."}
}

// declineIntent records a failed try and tells of it.
func (s *Server) declineIntent(intent stripeIntent, problem stripeProblem) stripeIntent {
	charge := s.newCharge(intent)
	charge.Status, charge.Problem = "failed", &problem
	s.stripe.charges.put(charge.ID, charge)
	intent.Status, intent.Problem, intent.Charge = intentNeedsMethod, &problem, charge.ID
	s.stripe.intents.put(intent.ID, intent)
	s.stripeEvent("payment_intent.payment_failed", s.renderIntent(intent, nil))
	return intent
}

// captureIntent takes the money and tells of it.
func (s *Server) captureIntent(intent stripeIntent) stripeIntent {
	charge := s.newCharge(intent)
	charge.Status, charge.Paid = "succeeded", true
	s.stripe.charges.put(charge.ID, charge)
	intent.Status, intent.Problem, intent.Charge, intent.Received = intentSucceeded, nil, charge.ID, intent.Amount
	s.stripe.intents.put(intent.ID, intent)
	s.stripeEvent("payment_intent.succeeded", s.renderIntent(intent, nil))
	return intent
}

func (s *Server) newCharge(intent stripeIntent) stripeCharge {
	method, _ := s.stripe.methods.get(intent.Method)
	return stripeCharge{
		ID: "ch_" + randomText(24), Created: s.now().Unix(), Intent: intent.ID, Customer: intent.Customer, Method: intent.Method, Kind: firstOf(method.Type, "card"),
		Amount: intent.Amount, Currency: intent.Currency, Label: intent.Label, Metadata: intent.Metadata,
	}
}

func (s *Server) stripeGetIntent(c *call) answer {
	intent, found := s.stripe.intents.get(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "intent", "payment_intent", c.PathValue("id"))
	}
	return stripeOK(s.renderIntent(intent, paramsOf(c).expand()))
}

func (s *Server) stripeListIntents(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("customer", "limit", "starting_after", "ending_before", "created"); refused != nil {
		return *refused
	}
	customer := params.Get("customer")
	return stripePage(c, s.stripe.intents.newest(),
		func(intent stripeIntent) bool { return customer == "" || intent.Customer == customer },
		func(intent stripeIntent) string { return intent.ID }, s.renderIntent)
}

func (s *Server) stripeCancelIntent(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("cancellation_reason"); refused != nil {
		return *refused
	}
	if refused := checkChoice("cancellation_reason", params.Get("cancellation_reason"), "duplicate", "fraudulent", "requested_by_customer", "abandoned"); refused != nil {
		return *refused
	}
	intent, found := s.stripe.intents.get(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "intent", "payment_intent", c.PathValue("id"))
	}
	if session, found := s.stripe.sessions.get(intent.Session); found && session.Status == sessionOpen {
		return s.unexpectedState(intent, "You cannot cancel this PaymentIntent because it belongs to an open Checkout Session; expire the Session instead.")
	}
	if !slices.Contains([]string{intentNeedsMethod, intentNeedsConfirm, intentNeedsAction, intentProcessing}, intent.Status) {
		return s.unexpectedState(intent, fmt.Sprintf("You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.", intent.Status))
	}
	intent.Status, intent.CanceledAt, intent.CancelReason = intentCanceled, s.now().Unix(), params.Get("cancellation_reason")
	s.stripe.intents.put(intent.ID, intent)
	return stripeDone(s.renderIntent(intent, params.expand()), intent.ID)
}

func (s *Server) unexpectedState(intent stripeIntent, message string) answer {
	return stripeError(http.StatusBadRequest, stripeProblem{
		Type: "invalid_request_error", Code: "payment_intent_unexpected_state", Message: message, PaymentIntent: s.renderIntent(intent, nil),
	})
}

func (s *Server) stripeGetCharge(c *call) answer {
	charge, found := s.stripe.charges.get(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "id", "charge", c.PathValue("id"))
	}
	return stripeOK(renderCharge(charge, nil))
}

func (s *Server) renderIntent(intent stripeIntent, expand expansion) map[string]any {
	charge := orNull(intent.Charge)
	if row, found := s.stripe.charges.get(intent.Charge); found && expand.has("latest_charge") {
		charge = renderCharge(row, nil)
	}
	method := orNull(intent.Method)
	if row, found := s.stripe.methods.get(intent.Method); found && expand.has("payment_method") {
		method = renderMethod(row, nil)
	}
	var canceledAt, action, automatic any
	if intent.CanceledAt != 0 {
		canceledAt = intent.CanceledAt
	}
	if intent.Status == intentNeedsAction {
		action = map[string]any{"type": "use_stripe_sdk", "use_stripe_sdk": map[string]any{"type": "three_d_secure_redirect"}}
	}
	if intent.Automatic {
		automatic = map[string]any{"enabled": true, "allow_redirects": "always"}
	}
	return map[string]any{
		"id": intent.ID, "object": "payment_intent", "created": intent.Created, "livemode": false, "status": intent.Status,
		"amount": intent.Amount, "amount_received": intent.Received, "amount_capturable": 0, "currency": intent.Currency,
		"customer": orNull(intent.Customer), "payment_method": method, "payment_method_types": methodTypes(intent.MethodTypes),
		"latest_charge": charge, "metadata": intent.Metadata, "description": orNull(intent.Label), "client_secret": intent.Secret,
		"setup_future_usage": orNull(intent.SetupFutureUsage), "last_payment_error": intent.Problem,
		"canceled_at": canceledAt, "cancellation_reason": orNull(intent.CancelReason), "next_action": action,
		"automatic_payment_methods": automatic, "amount_details": map[string]any{"tip": map[string]any{}}, "capture_method": "automatic", "confirmation_method": "automatic",
		"application": nil, "application_fee_amount": nil, "invoice": nil, "on_behalf_of": nil, "payment_method_options": map[string]any{}, "payment_method_configuration_details": nil,
		"processing": nil, "receipt_email": nil, "review": nil, "shipping": nil, "statement_descriptor": nil, "statement_descriptor_suffix": nil,
		"transfer_data": nil, "transfer_group": nil,
	}
}

func renderCharge(charge stripeCharge, _ expansion) map[string]any {
	var code, message any
	outcome := map[string]any{"network_status": "approved_by_network", "reason": nil, "risk_level": "normal", "seller_message": "Payment complete.", "type": "authorized"}
	if charge.Problem != nil {
		code, message = charge.Problem.Code, charge.Problem.Message
		outcome = map[string]any{"network_status": "declined_by_network", "reason": charge.Problem.DeclineCode, "risk_level": "normal", "seller_message": "The bank did not return any further details with this decline.", "type": "issuer_declined"}
	}
	captured := int64(0)
	if charge.Paid {
		captured = charge.Amount
	}
	return map[string]any{
		"id": charge.ID, "object": "charge", "created": charge.Created, "livemode": false, "status": charge.Status, "paid": charge.Paid, "captured": charge.Paid,
		"amount": charge.Amount, "amount_captured": captured, "amount_refunded": charge.Refunded, "refunded": charge.Paid && charge.Refunded == charge.Amount, "currency": charge.Currency,
		"payment_intent": charge.Intent, "customer": orNull(charge.Customer), "payment_method": orNull(charge.Method), "metadata": charge.Metadata, "description": orNull(charge.Label),
		"payment_method_details": map[string]any{"type": charge.Kind, charge.Kind: chargeDetails(charge.Kind)},
		"billing_details":        map[string]any{"address": nil, "email": nil, "name": nil, "phone": nil},
		"failure_code":           code, "failure_message": message, "failure_balance_transaction": nil, "outcome": outcome,
		"balance_transaction": nil, "application": nil, "application_fee": nil, "application_fee_amount": nil, "calculated_statement_descriptor": nil,
		"disputed": false, "fraud_details": map[string]any{}, "invoice": nil, "on_behalf_of": nil, "receipt_email": nil, "receipt_number": nil, "receipt_url": nil,
		"review": nil, "shipping": nil, "source_transfer": nil, "statement_descriptor": nil, "statement_descriptor_suffix": nil, "transfer_data": nil, "transfer_group": nil,
	}
}
