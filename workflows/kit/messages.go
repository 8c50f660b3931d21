package kit

import (
	"encoding/json"
	"time"
)

// Fact is something that happened outside, as a signal carries it. The webhook
// proxy makes it from a verified event; other workflows make it too. Its keys
// are public API.
type Fact struct {
	// ID is the provider's event ID; the same ID twice is one fact.
	ID string `json:"id"`
	// Provider is who sent it: "stripe", "twilio", "guest", or a workflow type.
	Provider string `json:"provider"`
	// Type is the provider's event type, or ours where it has none.
	Type string `json:"type"`
	// OccurredAt is the sender's time of the event.
	OccurredAt time.Time `json:"occurredAt"`
	// Object is the provider's ID of what the event is about.
	Object string `json:"object,omitempty"`
	// Data holds the few values a journey needs; each signal documents its keys.
	Data map[string]string `json:"data,omitempty"`
}

// Start says how a workflow begins that a fact may find absent, as data that
// can be kept and sent on.
type Start struct {
	WorkflowType string `json:"workflowType"`
	TaskQueue    string `json:"taskQueue"`
	// Input is the one JSON object that the workflow takes.
	Input json.RawMessage `json:"input"`
}

// Envelope is part of every operator command.
type Envelope struct {
	// CommandID makes a repeat return the first result; by default the update ID.
	CommandID string `json:"commandId,omitempty"`
	Actor     string `json:"actor"`
	Role      string `json:"role"` // "operator", "manager", "clinician", "engineer"
	Reason    string `json:"reason"`
}

// Roles of an envelope.
const (
	RoleOperator  = "operator"
	RoleManager   = "manager"
	RoleClinician = "clinician"
	RoleEngineer  = "engineer"
)

// Outcome answers an operator command.
type Outcome struct {
	CommandID string `json:"commandId"`
	Command   string `json:"command"`
	// Status is "done", "pending" (accepted; effects are under way) or "failed".
	Status string `json:"status"`
	// Detail says in words what happened or what is awaited.
	Detail string `json:"detail,omitempty"`
	// State is the workflow's own state after the command.
	State string    `json:"state,omitempty"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor,omitempty"`
}

// Names of the signals that providers' events become.
const (
	SignalPayment       = "payment_event"  // to PaymentPlan
	SignalMessageIn     = "message_in"     // to Claim, then GuestProfile, then GuestJourney
	SignalMessageStatus = "message_status" // to the workflow that sent the text
	SignalEmail         = "email_event"    // to the workflow that sent the mail
	SignalContact       = "contact_event"  // to Claim
	SignalGuest         = "guest_event"    // to GuestJourney
	SignalCall          = "call_event"     // to Claim: a telephone call from this number
	// SignalContinueAsNew asks any workflow to leave its history at the next
	// wait: the quiet point before an upgrade, and a test's lever.
	SignalContinueAsNew = "continue_as_new"
)

// Hold is the input of the update "hold".
type Hold struct {
	Envelope
	// Until is when an operator is reminded; a hold never ends by itself.
	// At most MaxHold from now.
	Until time.Time `json:"until,omitzero"`
	// Deadlines is "stop" (default: time given to the guest stands still) or
	// "run". Messages wait either way; inventory and money never do.
	Deadlines string `json:"deadlines,omitempty"`
}

// Release is the input of the update "release".
type Release struct {
	Envelope
	// FireMissed says what happens to messages whose time passed during the
	// hold: "skip" (default) or "send_now" (only where their time still serves).
	FireMissed string `json:"fireMissed,omitempty"`
}

// Cancel is the input of the update "cancel".
type Cancel struct {
	Envelope
	// By is "guest", "operator" or "property".
	By string `json:"by"`
	// ReceivedAt is when the request arrived; it decides the refund tier.
	// Zero means now.
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
	// Refund is "policy" (default), "full" or "none".
	Refund string `json:"refund,omitempty"`
}

// Reschedule is the input of the update "reschedule".
type Reschedule struct {
	Envelope
	// Start is the new wall-clock start in the property's zone,
	// "2027-03-02T09:00:00".
	Start string `json:"start"`
	// Appointment is needed where a journey has several; empty means the only one.
	Appointment string `json:"appointment,omitempty"`
}

// StepCommand is the input of the updates "retry_step" and "skip_step".
type StepCommand struct {
	Envelope
	Step string `json:"step"`
	// NewEffect raises the step's generation: a new effect key. For an
	// EffectConflict, or when the first effect is known to have failed for good.
	NewEffect bool `json:"newEffect,omitempty"`
}

// Names of the updates and queries that every journey-like workflow offers.
const (
	UpdateHold       = "hold"
	UpdateRelease    = "release"
	UpdateCancel     = "cancel"
	UpdateReschedule = "reschedule"
	UpdateRetryStep  = "retry_step"
	UpdateSkipStep   = "skip_step"

	QueryStatus        = "status"
	QueryTimeline      = "timeline"
	QueryNextDeadlines = "next_deadlines"
	QueryMoney         = "money"
	QueryAllowed       = "allowed_commands"
)
