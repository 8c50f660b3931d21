package journey

import (
	"time"

	"guestjourney/activities/programs"
	"guestjourney/workflows/kit"
)

// Stages of a journey, in the order of a guest's way.
const (
	StageCaptured   = "captured"
	StageConversing = "conversing"
	StageOffer      = "offer"
	StageDeposit    = "deposit_pending"
	StageBooked     = "booked"
	StagePreArrival = "pre_arrival"
	StageInProgram  = "in_program"
	StageAftercare  = "aftercare"
	StageCancelling = "cancelling"
	StageCompleted  = "completed"
	StageCancelled  = "cancelled"
	StageLost       = "lost"
)

// State is what a journey knows; it is also its continue-as-new input.
type State struct {
	Common    kit.Common        `json:"common"`
	Stage     string            `json:"stage"`
	Since     time.Time         `json:"since"`
	Program   programs.Snapshot `json:"program,omitzero"`
	GuestRef  string            `json:"guestRef"`
	Phone     string            `json:"phone,omitempty"` // canonical
	Email     string            `json:"email,omitempty"` // canonical
	OptedOut  []string          `json:"optedOut,omitempty"`
	ContactID string            `json:"contactId,omitempty"` // at the CRM
	Intake    Intake            `json:"intake,omitzero"`
	Consent   bool              `json:"consent,omitempty"`
	Policy    Policy            `json:"policy,omitzero"`
	Answer    string            `json:"answer,omitempty"` // "accepted", "declined"
	ArrivalAt time.Time         `json:"arrivalAt,omitzero"`
	Departure time.Time         `json:"departure,omitzero"`
	Arrival   string            `json:"arrival,omitempty"` // as printed for the guest
	Money     Money             `json:"money,omitzero"`
	Session   Session           `json:"session,omitzero"`
	Cancel    *Cancelling       `json:"cancel,omitempty"`
	Lost      string            `json:"lost,omitempty"` // reason
	// Chores are commands for others that the loop passes on at its next turn.
	Chores []Chore `json:"chores,omitempty"`
	Asked  int     `json:"asked,omitempty"` // numbers the chores
	// Told is what the guest was told of the cancellation.
	Told Told `json:"told,omitzero"`
}

// Told is the content of the cancellation message.
type Told struct {
	Template string `json:"template"`
	Refund   string `json:"refund,omitempty"`
}

// Intake is what the guest wants.
type Intake struct {
	Received bool   `json:"received"`
	Arrival  string `json:"arrival"` // wall-clock time in the property's zone
}

// Policy is what the guest accepted.
type Policy struct {
	Version string    `json:"version"`
	At      time.Time `json:"at,omitzero"`
	IP      string    `json:"ip,omitempty"`
}

// Money is what the plan told last.
type Money struct {
	PlanID        string    `json:"planId,omitempty"`
	State         string    `json:"state,omitempty"`
	PageURL       string    `json:"pageUrl,omitempty"`
	PageUntil     time.Time `json:"pageUntil,omitzero"`
	Pages         int       `json:"pages,omitempty"`     // pages of the deposit so far
	ActionURL     string    `json:"actionUrl,omitempty"` // the guest must act for the balance
	Actions       int       `json:"actions,omitempty"`   // how often
	Closed        string    `json:"closed,omitempty"`    // kind of the plan's last word
	RefundAsked   bool      `json:"refundAsked,omitempty"`
	CapturedMinor int64     `json:"capturedMinor"`
	RefundedMinor int64     `json:"refundedMinor"`
}

// Session is what the appointment told last.
type Session struct {
	ID       string    `json:"id,omitempty"`
	State    string    `json:"state,omitempty"` // the kind of its last word
	Revision int       `json:"revision,omitempty"`
	Start    time.Time `json:"start,omitzero"`
	Local    string    `json:"local,omitempty"`
}

// Cancelling is why a journey is being cancelled.
type Cancelling struct {
	By         string    `json:"by"`
	ReceivedAt time.Time `json:"receivedAt"`
	Refund     string    `json:"refund"`
	CommandID  string    `json:"commandId,omitempty"`
}

// Chore is one command for the plan, the appointment or the profile.
type Chore struct {
	Number    int    `json:"number"`
	Kind      string `json:"kind"` // "hold", "release", "reschedule", "contact", "profile"
	Channel   string `json:"channel,omitempty"`
	Local     string `json:"local,omitempty"`
	Missed    string `json:"missed,omitempty"`
	CommandID string `json:"commandId,omitempty"`
}
