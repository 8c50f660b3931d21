package journey

import (
	"guestjourney/activities/directory"
)

// Type is the registered workflow type; its ID is journey/<id>.
const Type = "GuestJourney"

// Input starts a GuestJourney: by the CLI, by an operator who pastes it into
// the Temporal UI, or by the claim of a CRM contact.
type Input struct {
	Lead    directory.Lead `json:"lead"`
	Program string         `json:"program"` // a code of the catalogue
	// Test marks a journey that is no real guest's; a search attribute.
	Test  bool   `json:"test,omitempty"`
	State *State `json:"state,omitempty"` // only continue-as-new sets it
}

// Result is what a closed journey returns.
type Result struct {
	Stage         string `json:"stage"`            // one of the last stages: "completed", "cancelled", "lost", ...
	Reason        string `json:"reason,omitempty"` // "no_response", "expired_unpaid", "declined", ...
	GuestRef      string `json:"guestRef"`
	MoneyState    string `json:"moneyState"`
	CapturedMinor int64  `json:"capturedMinor"`
	RefundedMinor int64  `json:"refundedMinor"`
	Currency      string `json:"currency,omitempty"`
}

// Types of the fact kit.SignalGuest and the keys of its Data.
const (
	GuestIntake  = "intake"          // Data: arrival (local date and time)
	GuestConsent = "consent"         // Data: purpose, granted ("true"/"false"), version
	GuestHealth  = "health_form"     // Data: ref (where the answers are kept), complete ("true"/"false")
	GuestPolicy  = "policy_accepted" // Data: version, ip
	GuestAnswer  = "offer_answer"    // Data: answer ("accepted"/"declined")
)

// SignalMergedFrom tells a journey that another one of the same guest goes on
// in it: a kit.Fact with the other's workflow ID as Object.
const SignalMergedFrom = "merged_from"
