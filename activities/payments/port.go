// Package payments is the port to whoever moves money.
//
// Called by the PaymentPlan workflow only: money has one owner; the check that
// tries the provider out moves none. It owns the
// words (customer, checkout, charge, attempt, refund) and the registered
// activities; a vendor is a folder below it. It promises that no card data and
// no client secret passes through: a guest pays on the provider's own page.
package payments

import (
	"context"
	"time"

	"guestjourney/activities/options"
)

// Money is an amount in the currency's minor unit (ISO 4217: cents for USD,
// whole yen for JPY, fils for KWD).
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // ISO 4217 in upper case, "USD"
}

// Customer is the person who pays.
type Customer struct {
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"` // E.164
	Name     string `json:"name,omitempty"`
	LeadID   string `json:"leadId"`   // the journey's workflow ID
	GuestRef string `json:"guestRef"` // sent as the metadata "patientId"
}

// CustomerRef names a customer at the provider.
type CustomerRef struct {
	ID string `json:"id"`
}

// Purpose binds a payment to its plan; it is the metadata of every object that
// we create, so that webhooks and look-ups find their way.
type Purpose struct {
	LeadID     string `json:"leadId"`     // the journey's workflow ID
	CaseID     string `json:"caseId"`     // the plan's ID without its prefix
	WorkflowID string `json:"workflowId"` // pay/<id>
	Step       string `json:"step"`       // "deposit" or "balance"
}

// CheckoutRequest asks for a hosted page on which a guest pays.
type CheckoutRequest struct {
	CustomerID string  `json:"customerId"`
	Amount     Money   `json:"amount"`
	Label      string  `json:"label"` // what the guest sees; no treatment, no diagnosis
	Purpose    Purpose `json:"purpose"`
	// ExpiresAt is when the page should close. The adapter moves it into what
	// the provider allows (Stripe: 30 minutes to 24 hours from now).
	ExpiresAt time.Time `json:"expiresAt"`
	// SaveForLater keeps the payment method for the balance.
	SaveForLater bool   `json:"saveForLater,omitempty"`
	Locale       string `json:"locale,omitempty"` // "en", "es"
}

// Checkout is an open payment page.
type Checkout struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// ChargeRequest asks to charge a saved payment method without the guest.
type ChargeRequest struct {
	CustomerID      string  `json:"customerId"`
	PaymentMethodID string  `json:"paymentMethodId"`
	Amount          Money   `json:"amount"`
	Label           string  `json:"label"`
	Purpose         Purpose `json:"purpose"`
}

// AttemptStatus is where one attempt to pay stands.
type AttemptStatus string

// The statuses of an attempt.
const (
	AttemptOpen       AttemptStatus = "open"       // the page waits for the guest
	AttemptProcessing AttemptStatus = "processing" // a slow method is under way
	AttemptSucceeded  AttemptStatus = "succeeded"  // captured
	AttemptActionable AttemptStatus = "requires_action"
	AttemptDeclined   AttemptStatus = "declined"
	AttemptClosed     AttemptStatus = "closed" // expired or cancelled; can never succeed
)

// AttemptKind says which object of the provider an attempt is.
type AttemptKind string

// The kinds of attempt.
const (
	KindCheckout AttemptKind = "checkout" // a hosted page
	KindCharge   AttemptKind = "charge"   // a charge that we made ourselves
)

// Attempt is one try to pay, as the provider sees it now.
type Attempt struct {
	Kind   AttemptKind   `json:"kind"`
	ID     string        `json:"id"`
	Step   string        `json:"step"` // Purpose.Step
	Status AttemptStatus `json:"status"`
	Amount Money         `json:"amount"`
	// PaymentID names the payment to refund; set from the first try on.
	PaymentID       string    `json:"paymentId,omitempty"`
	PaymentMethodID string    `json:"paymentMethodId,omitempty"`
	CapturedAt      time.Time `json:"capturedAt,omitzero"`
	CapturedMinor   int64     `json:"capturedMinor,omitempty"`
	RefundedMinor   int64     `json:"refundedMinor,omitempty"`
	DeclineCode     string    `json:"declineCode,omitempty"`
}

// AttemptsRequest asks for every attempt of one plan.
type AttemptsRequest struct {
	CustomerID string `json:"customerId"`
	WorkflowID string `json:"workflowId"` // Purpose.WorkflowID
}

// AttemptRef names one attempt.
type AttemptRef struct {
	Kind AttemptKind `json:"kind"`
	ID   string      `json:"id"`
}

// RefundRequest asks to give money back. The provider refuses more than was
// captured.
type RefundRequest struct {
	PaymentID  string `json:"paymentId"`
	Amount     Money  `json:"amount"`
	Reason     string `json:"reason"` // "cancelled", "late_capture", "operator"
	WorkflowID string `json:"workflowId"`
}

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of a refund.
const (
	RefundPending   RefundStatus = "pending"
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"
)

// Refund is money on its way back.
type Refund struct {
	ID     string       `json:"id"`
	Status RefundStatus `json:"status"`
}

// TryOut asks to try the provider out; there is nothing to choose.
type TryOut struct{}

// Gateway is a payment provider in the words of the house. Every mutating call
// declares its guarantee. Errors are *failure.Error.
type Gateway interface {
	// EnsureCustomer creates the customer. Exactly once (native key).
	EnsureCustomer(context.Context, options.Effect, Customer) (CustomerRef, error)
	// OpenCheckout opens a payment page. Exactly once (native key).
	OpenCheckout(context.Context, options.Effect, CheckoutRequest) (Checkout, error)
	// ChargeSaved charges the saved method. Exactly once (native key). A
	// decline or a demand for authentication is a result, not an error.
	ChargeSaved(context.Context, options.Effect, ChargeRequest) (Attempt, error)
	// CloseAttempt expires a page or cancels a charge of our own, and returns
	// it as it stands afterwards: one that has already succeeded stays so.
	// Exactly once (a closed attempt stays closed).
	CloseAttempt(context.Context, options.Effect, AttemptRef) (Attempt, error)
	// Attempts lists every attempt of a plan, oldest first. Changes nothing.
	Attempts(context.Context, AttemptsRequest) ([]Attempt, error)
	// Refund gives money back. Exactly once (native key).
	Refund(context.Context, options.Effect, RefundRequest) (Refund, error)
	// TryOut begins the smallest payment that there is, which nobody confirms,
	// and closes it: no money moves, and nothing is left open. Exactly once
	// (native key).
	TryOut(context.Context, options.Effect, TryOut) (Attempt, error)
}
