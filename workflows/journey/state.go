package journey

import (
	"time"

	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// Stages of a journey, in the order of a guest's way.
const (
	StageCaptured   = "captured"
	StageConversing = "conversing"
	StageScreening  = "screening"
	StageClearance  = "clearance_review"
	StageOffer      = "offer"
	StageDeposit    = "deposit_pending"
	StageBooked     = "booked"
	StagePreArrival = "pre_arrival"
	StageInProgram  = "in_program"
	StageAftercare  = "aftercare"
	StageCompleted  = "completed"

	// StageWaitlisted is beside the way: a guest whose place was given to
	// somebody else waits here until an operator moves them on.
	StageWaitlisted = "waitlisted"
	StageCancelling = "cancelling"

	StageCancelled = "cancelled"
	StageLost      = "lost"
	StageDeclined  = "medically_declined" // shown in clear as StageClosed
	StageNoShow    = "no_show"
	StageMerged    = "merged"
)

// StageClosed is what visibility shows for an end that says something about a
// guest's health.
const StageClosed = "closed"

// way is the order of the working stages.
var way = []string{
	StageCaptured, StageConversing, StageScreening, StageClearance, StageOffer, StageDeposit,
	StageBooked, StagePreArrival, StageInProgram, StageAftercare, StageCompleted,
}

// terminals are the stages from which no way leads on.
var terminals = []string{StageCompleted, StageCancelled, StageLost, StageDeclined, StageNoShow, StageMerged}

// States of the region clearance.
const (
	ClearanceInReview    = "in_review"
	ClearanceInfo        = "info_requested"
	ClearanceCleared     = "cleared"
	ClearanceConditional = "conditional"
	ClearanceDeclined    = "declined"
	ClearanceRevoked     = "revoked"
	ClearanceExpired     = "expired"
)

// Purposes of a consent.
const (
	// PurposeHealth is the consent to the use of health data.
	PurposeHealth = "health_data"
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
	// Unreachable are channels on which nothing arrives: a bounced address.
	Unreachable []string `json:"unreachable,omitempty"`
	Owner       string   `json:"owner,omitempty"` // who looks after the guest
	Intake      Intake   `json:"intake,omitzero"`
	// Consents are the guest's last word for each purpose.
	Consents  map[string]Consent `json:"consents,omitempty"`
	Form      Form               `json:"form,omitzero"`
	Clearance Clearance          `json:"clearance,omitzero"`
	Policy    Policy             `json:"policy,omitzero"`
	Answer    string             `json:"answer,omitempty"` // "accepted", "declined"
	ArrivalAt time.Time          `json:"arrivalAt,omitzero"`
	Departure time.Time          `json:"departure,omitzero"`
	Arrival   string             `json:"arrival,omitempty"` // as printed for the guest
	Money     Money              `json:"money,omitzero"`
	Session   Session            `json:"session,omitzero"`
	// Monitoring is the session in which the guest wears a monitor.
	Monitoring Monitoring `json:"monitoring,omitzero"`
	// Places counts the places that were held for this guest so far.
	Places int `json:"places,omitempty"`
	// Waited is how many of them were given back for the waiting list.
	Waited     int         `json:"waited,omitempty"`
	Attendance Attendance  `json:"attendance,omitzero"`
	Cancel     *Cancelling `json:"cancel,omitempty"`
	// Turn is where a command sends the journey, out of its way.
	Turn *Turn `json:"turn,omitempty"`
	// Waived are the guards that were overridden, as "stage:guard": for entering
	// that stage, and no other.
	Waived     []string `json:"waived,omitempty"`
	MergedInto string   `json:"mergedInto,omitempty"` // workflow ID
	Lost       string   `json:"lost,omitempty"`       // reason
	// Notes are what operators wrote down; encrypted like everything here.
	Notes []OperatorNote `json:"notes,omitempty"`
	// SendUntil is how long a text may go to the guest without looking at their
	// night again.
	SendUntil time.Time `json:"sendUntil,omitzero"`
	// Chores are commands for others that the loop passes on at its next turn.
	Chores []Chore `json:"chores,omitempty"`
	Asked  int     `json:"asked,omitempty"` // numbers the chores
	// Told is what the guest was told of the cancellation.
	Told Told `json:"told,omitzero"`
	// Calls is what the guest asked for on the telephone.
	Calls Calls `json:"calls,omitzero"`
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
	// Charges and Terms say what a cancellation would give back.
	Charges []payment.ChargeView `json:"charges,omitempty"`
	Terms   payment.Terms        `json:"terms,omitzero"`
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
	By         string    `json:"by"`               // "guest", "operator", "property"
	Reason     string    `json:"reason,omitempty"` // "medical" for a revoked clearance
	ReceivedAt time.Time `json:"receivedAt"`
	Refund     string    `json:"refund"`
	CommandID  string    `json:"commandId,omitempty"`
}

// Chore is one command for the plan, the appointment or the profile.
type Chore struct {
	Number int `json:"number"`
	// Kind is "hold", "release", "reschedule", "contact", "profile", "confirm",
	// "extend_plan", "extend_place", "refund" or "merge".
	Kind      string         `json:"kind"`
	Channel   string         `json:"channel,omitempty"`
	Opened    bool           `json:"opened,omitempty"` // the channel; otherwise it was closed
	Local     string         `json:"local,omitempty"`
	Missed    string         `json:"missed,omitempty"`
	At        time.Time      `json:"at,omitzero"`
	Amount    payments.Money `json:"amount,omitzero"`
	Target    string         `json:"target,omitempty"` // workflow ID
	CommandID string         `json:"commandId,omitempty"`
}

// Consent is the guest's last word for one purpose.
type Consent struct {
	Granted bool      `json:"granted"`
	Version string    `json:"version,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Form is the health questionnaire. Its answers are kept where they were
// given; a journey knows the reference only.
type Form struct {
	Received bool      `json:"received,omitempty"`
	Ref      string    `json:"ref,omitempty"`
	At       time.Time `json:"at,omitzero"`
	// Needed counts how often the guest was asked to add something.
	Needed int `json:"needed,omitempty"`
	// Nudges counts how often the guest was reminded.
	Nudges int `json:"nudges,omitempty"`
}

// Clearance is what the clinicians say.
type Clearance struct {
	State string    `json:"state,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// AskedAt is when the review began, or began again: its term counts from here.
	AskedAt time.Time `json:"askedAt,omitzero"`
	Reviews int       `json:"reviews,omitempty"`
	// Escalations counts the terms that have passed since AskedAt.
	Escalations int    `json:"escalations,omitempty"`
	Conditions  string `json:"conditions,omitempty"`
	Evidence    string `json:"evidence,omitempty"` // a reference
	// Wanted is the code of what a clinician asked the guest to add.
	Wanted string `json:"wanted,omitempty"`
	Reason string `json:"reason,omitempty"` // a code
	By     string `json:"by,omitempty"`
}

// Attendance is what the front desk saw.
type Attendance struct {
	// Mark is "attended", "late", "no_show" or "early_departure"; empty means
	// that nobody has said anything yet.
	Mark   string    `json:"mark,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Source string    `json:"source,omitempty"`
	// Missed: the front desk was told that nobody has seen the guest.
	Missed bool `json:"missed,omitempty"`
}

// Turn is a command that moves the journey elsewhere.
type Turn struct {
	To        string `json:"to"`
	CommandID string `json:"commandId,omitempty"`
}

// OperatorNote is one note.
type OperatorNote struct {
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Text  string    `json:"text"`
}
