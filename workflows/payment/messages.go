package payment

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
)

// Type is the registered workflow type; its ID is pay/<id>.
const Type = "PaymentPlan"

// Input starts a PaymentPlan: by a journey as a child, or alone from the UI
// for an old debt.
type Input struct {
	// Notify is the workflow that is told what happens; empty means nobody.
	Notify   string         `json:"notify,omitempty"`
	LeadID   string         `json:"leadId,omitempty"` // the journey's workflow ID
	GuestRef string         `json:"guestRef"`
	Customer Customer       `json:"customer"`
	Deposit  payments.Money `json:"deposit"`
	Balance  payments.Money `json:"balance,omitzero"`
	Label    string         `json:"label"`
	Locale   string         `json:"locale,omitempty"`
	// DepositBy is when the page closes; zero means 72 hours from the start.
	DepositBy time.Time `json:"depositBy,omitzero"`
	// BalanceAt is when the balance is charged; zero means as soon as the
	// deposit is in.
	BalanceAt time.Time             `json:"balanceAt,omitzero"`
	ArrivalAt time.Time             `json:"arrivalAt,omitzero"`
	Refunds   []programs.RefundTier `json:"refunds,omitempty"`
	// LateWindow is how long a closed plan waits for late money; default 30 days.
	LateWindow  options.Duration `json:"lateWindow,omitempty"`
	Pace        options.Pace     `json:"pace,omitzero"`
	ProgramCode string           `json:"programCode,omitempty"`
	Test        bool             `json:"test,omitempty"`
	State       *State           `json:"state,omitempty"` // only continue-as-new sets it
}

// Customer is who pays.
type Customer struct {
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Signals to a PaymentPlan besides kit.SignalPayment, whose Fact has Object =
// the provider's object ID, Type = the provider's event type and no Data that
// is trusted: the plan reads the provider before it believes.
const (
	// SignalCommand carries a Command from the journey.
	SignalCommand = "plan_command"
	// SignalUpdate is what a plan sends to Input.Notify: an Update.
	SignalUpdate = "payment_update"
)

// Command is what a journey asks of its plan.
type Command struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // "cancel", "hold", "release", "extend", "refund"
	// At is when the journey was cancelled: what is captured later is late.
	// Zero means when the plan takes the command. For "extend" it is the new end
	// of the time for the deposit.
	At         time.Time `json:"at,omitzero"`
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
	Refund     string    `json:"refund,omitempty"` // "policy", "full", "none"
	// Amount of a "refund", whose CommandID its answer repeats.
	Amount    payments.Money `json:"amount,omitzero"`
	CommandID string         `json:"commandId,omitempty"`
}

// Update is what a plan tells the journey.
type Update struct {
	ID string `json:"id"` // the plan's counter: the same twice is one
	// Kind: "checkout_ready", "deposit_paid", "paid", "action_required",
	// "past_due", "expired", "refund_requested", "refunded", "late_refunded",
	// "cancelled" (nothing was captured), "refund_done", "refund_refused" (the
	// answers to a command "refund").
	Kind string `json:"kind"`
	// State is the plan's MoneyState.
	State         string    `json:"state"`
	URL           string    `json:"url,omitempty"` // of the payment page
	Until         time.Time `json:"until,omitzero"`
	CapturedMinor int64     `json:"capturedMinor"`
	RefundedMinor int64     `json:"refundedMinor"`
	Currency      string    `json:"currency"`
	// CommandID and Detail answer a command.
	CommandID string `json:"commandId,omitempty"`
	Detail    string `json:"detail,omitempty"`
}
