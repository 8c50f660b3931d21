package payment

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/workflows/kit"
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
	BalanceAt time.Time `json:"balanceAt,omitzero"`
	// SlowMethod is how long a deposit that is under way when DepositBy comes (a
	// voucher, a bank transfer) may still take, once; default three times what the
	// deposit had, never beyond the arrival.
	SlowMethod options.Duration      `json:"slowMethod,omitempty"`
	ArrivalAt  time.Time             `json:"arrivalAt,omitzero"`
	Refunds    []programs.RefundTier `json:"refunds,omitempty"`
	// Zone is the property's. With it, a refund tier of whole days ends with a
	// day of the property's calendar; without it, days are 24 hours.
	Zone string `json:"zone,omitempty"`
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

// UpdateRefund is the operator's update "refund"; its input is a Refund.
const UpdateRefund = "refund"

// Refund asks to give a part of one charge back, outside the policy's tiers. A
// cancel that comes later takes it off what it gives back itself.
type Refund struct {
	kit.Envelope
	Minor    int64  `json:"minor"`    // in the currency's smallest unit
	Currency string `json:"currency"` // the plan's
	// Charge is the provider's payment ID, as the query "money" shows it; empty
	// means the latest charge of which so much is left.
	Charge string `json:"charge,omitempty"`
}

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
	// Amount, Charge and CommandID belong to "refund". A signal cannot be
	// rejected: the answer is an Update with the same CommandID.
	Amount    payments.Money `json:"amount,omitzero"`
	Charge    string         `json:"charge,omitempty"`
	CommandID string         `json:"commandId,omitempty"`
}

// Update is what a plan tells the journey.
type Update struct {
	ID string `json:"id"` // the plan's counter: the same twice is one
	// Kind: "checkout_ready", "processing" (the deposit is under way by a slow
	// method; its deadline is now Until), "deposit_paid", "paid",
	// "action_required", "past_due", "expired", "refund_requested", "refunded",
	// "late_refunded", "cancelled" (nothing was captured), "wrong_amount" (what
	// came is not the price), "refund_done" and "refund_refused" (a refund that
	// an operator ordered: CommandID, Detail), "refund_failed" (one that had
	// arrived was taken back).
	Kind string `json:"kind"`
	// State is the plan's MoneyState.
	State         string    `json:"state"`
	URL           string    `json:"url,omitempty"` // of the payment page
	Until         time.Time `json:"until,omitzero"`
	CapturedMinor int64     `json:"capturedMinor"`
	RefundedMinor int64     `json:"refundedMinor"`
	Currency      string    `json:"currency"`
	CommandID     string    `json:"commandId,omitempty"`
	Detail        string    `json:"detail,omitempty"`
	// Charges and Terms are what PreviewCancel needs; every report has them.
	Charges []ChargeView `json:"charges,omitempty"`
	Terms   Terms        `json:"terms,omitzero"`
}

// ChargeView is one payment of which something was captured.
type ChargeView struct {
	Charge        string    `json:"charge"` // the provider's payment ID
	Step          string    `json:"step"`   // "deposit" or "balance"
	CapturedMinor int64     `json:"capturedMinor"`
	RefundedMinor int64     `json:"refundedMinor"` // as the provider shows it
	AskedMinor    int64     `json:"askedMinor"`    // by us, whether it has arrived or not
	CapturedAt    time.Time `json:"capturedAt"`
}

// Terms are the refund rules of one agreement, with their days as instants.
type Terms struct {
	// ArrivalAt zero means that everything is given back.
	ArrivalAt time.Time `json:"arrivalAt,omitzero"`
	Tiers     []Tier    `json:"tiers,omitempty"` // the earliest cancellation first
}

// Tier is a share that is given back when the request was received by an
// instant, that instant included.
type Tier struct {
	By             time.Time `json:"by"`
	DepositPercent int       `json:"depositPercent"`
	BalancePercent int       `json:"balancePercent"`
}
