package sandbox

import (
	"errors"
	"fmt"
	"slices"
)

// Errors of what a guest or test does to a payment.
var (
	ErrNotFound = errors.New("sandbox: no such object")
	ErrClosed   = errors.New("sandbox: the payment page is closed")
)

// slowMethods are paid days later; Settle ends them.
var slowMethods = []string{"us_bank_account", "sepa_debit", "bacs_debit", "oxxo", "customer_balance"}

// PayOptions say how a guest pays.
type PayOptions struct {
	// Decline: the bank refuses; the page stays open.
	Decline bool `json:"decline"`
	// Method is "card" by default; a bank method ("sepa_debit") stays in
	// processing until Settle.
	Method string `json:"method"`
	// RequireAuthentication: the guest has to confirm at the bank and has not
	// yet; paying again without it is the confirmation.
	RequireAuthentication bool `json:"requireAuthentication"`
}

// Pay is the guest's click on a payment page. It returns the payment's status.
func (s *Server) Pay(sessionID string, options PayOptions) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, found := s.session(sessionID)
	if !found {
		return "", fmt.Errorf("%w: checkout session", ErrNotFound)
	}
	if session.Status != sessionOpen {
		return "", errors.Join(fmt.Errorf("%w: it is %s", ErrClosed, session.Status), s.commitLocked())
	}
	intent := s.intentOfPage(&session, options)
	switch {
	case options.Decline:
		intent = s.declineIntent(intent, stripeDecline("card_declined"))
	case options.RequireAuthentication:
		intent.Status = intentNeedsAction
		s.stripe.intents.put(intent.ID, intent)
	case slices.Contains(slowMethods, options.Method):
		intent.Status, intent.Problem = intentProcessing, nil
		s.stripe.intents.put(intent.ID, intent)
		s.completeSession(session, "unpaid")
	default:
		intent = s.captureIntent(intent)
		s.completeSession(session, "paid")
	}
	return intent.Status, s.commitLocked()
}

// intentOfPage returns the page's payment, made at the first try, with the
// method that the guest chose now.
func (s *Server) intentOfPage(session *stripeSession, options PayOptions) stripeIntent {
	method := stripeMethod{ID: "pm_" + randomText(24), Type: firstOf(options.Method, "card"), Created: s.now().Unix()}
	if session.SetupFutureUsage != "" && !options.Decline {
		method.Customer = session.Customer
	}
	s.stripe.methods.put(method.ID, method)
	intent, begun := s.stripe.intents.get(session.Intent)
	if !begun {
		id := "pi_" + randomText(24)
		intent = stripeIntent{
			ID: id, Created: s.now().Unix(), Status: intentNeedsMethod, Secret: id + "_secret_" + randomText(25), Session: session.ID,
			Amount: session.Amount, Currency: session.Currency, Customer: session.Customer, Label: session.IntentLabel,
			SetupFutureUsage: session.SetupFutureUsage, Metadata: session.IntentMetadata, MethodTypes: session.MethodTypes,
		}
		session.Intent = id
		s.stripe.sessions.put(session.ID, *session)
	}
	intent.Method = method.ID
	return intent
}

func (s *Server) completeSession(session stripeSession, payment string) {
	session.Status, session.PaymentStatus = sessionComplete, payment
	s.stripe.sessions.put(session.ID, session)
	s.stripeEvent("checkout.session.completed", s.renderSession(session, nil))
}

// Settle ends a payment that is in processing.
func (s *Server) Settle(intentID string, succeeded bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	intent, found := s.stripe.intents.get(intentID)
	if !found || intent.Status != intentProcessing {
		return fmt.Errorf("%w: payment intent in processing", ErrNotFound)
	}
	if !succeeded {
		s.declineIntent(intent, stripeProblem{Type: "card_error", Code: "payment_intent_payment_attempt_failed", Message: "The payment failed."})
		return s.commitLocked()
	}
	s.captureIntent(intent)
	if session, found := s.stripe.sessions.get(intent.Session); found {
		session.PaymentStatus = "paid"
		s.stripe.sessions.put(session.ID, session)
	}
	return s.commitLocked()
}

// Expire lets the time of a payment page run out now.
func (s *Server) Expire(sessionID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, found := s.stripe.sessions.get(sessionID)
	if !found {
		return fmt.Errorf("%w: checkout session", ErrNotFound)
	}
	if session.Status != sessionOpen {
		return fmt.Errorf("%w: it is %s", ErrClosed, session.Status)
	}
	session.ExpiresAt = s.now().Unix()
	s.expireSession(session)
	return s.commitLocked()
}

// SetChargeOutcome decides what happens when the customer's saved method is
// charged; an empty customer means everybody without a setting.
func (s *Server) SetChargeOutcome(customerID string, outcome ChargeOutcome) error {
	known := []ChargeOutcome{ChargeSucceeds, ChargeDeclined, ChargeNeedsAuthentication, ChargeProcessing}
	if !slices.Contains(known, outcome) {
		return fmt.Errorf("sandbox: unknown outcome %q; known: %v", outcome, known)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stripe.outcomes.put(customerID, outcome)
	return s.commitLocked()
}

// HoldRefunds makes new refunds stay pending until SettleRefund.
func (s *Server) HoldRefunds(hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stripe.holdRefunds = hold
}

// SettleRefund ends a pending refund; one that failed gives the money back to
// the charge.
func (s *Server) SettleRefund(refundID string, succeeded bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	refund, found := s.stripe.refunds.get(refundID)
	if !found || refund.Status != "pending" {
		return fmt.Errorf("%w: pending refund", ErrNotFound)
	}
	refund.Status = "succeeded"
	if !succeeded {
		refund.Status = "failed"
		charge, _ := s.stripe.charges.get(refund.Charge)
		charge.Refunded -= refund.Amount
		s.stripe.charges.put(charge.ID, charge)
	}
	s.stripe.refunds.put(refund.ID, refund)
	return s.commitLocked()
}

// PaymentPage is a checkout session as a person sees it.
type PaymentPage struct {
	ID         string            `json:"id"`
	Status     string            `json:"status"`
	Customer   string            `json:"customer"`
	Label      string            `json:"label"`
	Amount     int64             `json:"amount"`
	Currency   string            `json:"currency"`
	Intent     string            `json:"intent,omitempty"`
	SuccessURL string            `json:"successUrl"`
	Metadata   map[string]string `json:"metadata"`
}

// PaymentPages returns every checkout session, the oldest first.
func (s *Server) PaymentPages() []PaymentPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []PaymentPage{}
	for session := range s.stripe.sessions.all() {
		found = append(found, PaymentPage{
			session.ID, session.Status, session.Customer, session.Label, session.Amount, session.Currency, session.Intent, session.SuccessURL, session.Metadata,
		})
	}
	return found
}

// commitLocked stores what an action outside of a provider's call changed, and
// wakes the sender.
func (s *Server) commitLocked() error {
	s.wakeUp()
	return s.store.commit()
}
