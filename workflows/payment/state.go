package payment

import (
	"time"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// Stages of a plan.
const (
	StageOpening = "opening" // the customer is made
	StageDeposit = "deposit" // a page waits for the guest
	StageBalance = "balance" // the balance is charged on its day
	StageArrears = "arrears" // the balance failed; a page waits for the guest
	StagePaid    = "paid"
	StageClosing = "closing" // pages closed, refunds under way
	StageLate    = "late"    // waits for money that comes too late
	StageEnded   = "ended"
)

// Money states, shown as MoneyState.
const (
	MoneyPending   = "pending"
	MoneyDeposit   = "deposit_paid"
	MoneyPaid      = "paid"
	MoneyPastDue   = "past_due"
	MoneyRefunding = "refunding"
	MoneyRefunded  = "refunded"
	MoneyExpired   = "expired"
	MoneyCancelled = "cancelled"
)

// State is what a plan knows; it is also its continue-as-new input.
type State struct {
	Common     kit.Common `json:"common"`
	Stage      string     `json:"stage"`
	Since      time.Time  `json:"since"`
	Money      string     `json:"money"`
	CustomerID string     `json:"customerId,omitempty"`
	// Page is the payment page that is open now.
	Page Page `json:"page,omitzero"`
	// Terms are the refund rules, with their dates.
	Terms Terms `json:"terms,omitzero"`
	// DepositBy is when the deposit's time is over, once a slow method has made
	// it later than agreed.
	DepositBy time.Time `json:"depositBy,omitzero"`
	// Attempts are the provider's words at the last reading.
	Attempts []payments.Attempt `json:"attempts,omitempty"`
	// Foreign are those that captured another currency: they pay nothing here,
	// and an operator settles them.
	Foreign []payments.Attempt `json:"foreign,omitempty"`
	// Hint: something changed at the provider since then.
	Hint bool `json:"hint,omitempty"`
	// Charged: the saved payment method was tried for the balance.
	Charged bool `json:"charged,omitempty"`
	// Reminders counts how often the guest was asked for an overdue balance.
	Reminders int `json:"reminders,omitempty"`
	// Overdue: the last day for the balance has passed; the debt stays, and an
	// operator decides.
	Overdue bool `json:"overdue,omitempty"`
	// Cancel is what ended the plan early.
	Cancel *Cancel `json:"cancel,omitempty"`
	// Asked is how much of each payment we have asked to give back.
	Asked []Asked `json:"asked,omitempty"`
	// Orders are refunds that operators ordered and that are still to be made;
	// Order is the one that is being made.
	Orders []Order `json:"orders,omitempty"`
	Order  *Order  `json:"order,omitempty"`
	// Refusals are answers that the loop has yet to give to the journey.
	Refusals []Refusal `json:"refusals,omitempty"`
	// Reported keeps the last kind told, so that a re-entered stage is silent.
	Reported []string `json:"reported,omitempty"`
}

// Page is one hosted payment page.
type Page struct {
	ID   string `json:"id"`
	URL  string `json:"url"`
	Step string `json:"step"`
	// LookAt is when we look ourselves whether the page has expired.
	LookAt time.Time `json:"lookAt"`
	Number int       `json:"number"` // renewals count up
}

// Cancel is why and when a plan was ended.
type Cancel struct {
	Kind       string    `json:"kind"` // "cancelled" or "expired"
	ReceivedAt time.Time `json:"receivedAt"`
	Refund     string    `json:"refund"` // "policy", "full", "none"
	// At is when the plan took it: what is captured later is late.
	At        time.Time `json:"at"`
	CommandID string    `json:"commandId,omitempty"`
}

// Asked is one refund.
type Asked struct {
	PaymentID string `json:"paymentId"`
	RefundID  string `json:"refundId,omitempty"` // the provider's
	CommandID string `json:"commandId,omitempty"`
	Minor     int64  `json:"minor"`
	Reason    string `json:"reason"`
	// Status is pending until a reading has shown the refund; failed if it did
	// not come about or was taken back: then the guest is owed it again.
	Status payments.RefundStatus `json:"status"`
}

func (s *State) captured() (minor int64) {
	for _, attempt := range s.Attempts {
		minor += attempt.CapturedMinor
	}
	return minor
}

func (s *State) refunded() (minor int64) {
	for _, attempt := range s.Attempts {
		minor += attempt.RefundedMinor
	}
	return minor
}

func (s *State) capturedFor(step string) (minor int64) {
	for _, attempt := range s.Attempts {
		if attempt.Step == step {
			minor += attempt.CapturedMinor - attempt.RefundedMinor
		}
	}
	return minor
}

// askedFor is what we have asked to give back of a payment, failed ones
// included: what failed is owed still, and is not asked for again by itself.
func (s *State) askedFor(paymentID string) (minor int64) {
	for _, asked := range s.Asked {
		if asked.PaymentID == paymentID {
			minor += asked.Minor
		}
	}
	return minor
}

// askedAs is the part of it that stands so.
func (s *State) askedAs(paymentID string, status payments.RefundStatus) (minor int64) {
	for _, asked := range s.Asked {
		if asked.PaymentID == paymentID && asked.Status == status {
			minor += asked.Minor
		}
	}
	return minor
}

// spoken is how much of a payment is no longer the house's: given back, or
// asked to be.
func (s *State) spoken(attempt payments.Attempt) int64 {
	return max(attempt.RefundedMinor, s.askedFor(attempt.PaymentID))
}

// charges lists the payments of which something was captured, oldest first.
func (s *State) charges() []ChargeView {
	var list []ChargeView
	for _, attempt := range s.Attempts {
		if attempt.CapturedMinor == 0 {
			continue
		}
		list = append(list, ChargeView{
			Charge: attempt.PaymentID, Step: attempt.Step, CapturedMinor: attempt.CapturedMinor,
			RefundedMinor: attempt.RefundedMinor, AskedMinor: s.askedFor(attempt.PaymentID), CapturedAt: attempt.CapturedAt,
		})
	}
	return list
}
