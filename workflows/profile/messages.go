package profile

import (
	"time"

	"guestjourney/workflows/kit"
)

// Registered workflow types.
const (
	Type      = "GuestProfile"
	ClaimType = "Claim"
)

// Input starts a GuestProfile, ID guest/<guest reference>.
type Input struct {
	GuestRef string `json:"guestRef"`
	Locale   string `json:"locale,omitempty"`
	Phone    string `json:"phone,omitempty"` // canonical
	Email    string `json:"email,omitempty"` // canonical
	State    *State `json:"state,omitempty"` // only continue-as-new sets it
}

// Opened is the input of the profile's update "journey_opened".
type Opened struct {
	JourneyID   string `json:"journeyId"`
	ProgramCode string `json:"programCode"`
	Phone       string `json:"phone,omitempty"`
	Email       string `json:"email,omitempty"`
	Locale      string `json:"locale,omitempty"`
}

// OpenedResult answers it.
type OpenedResult struct {
	OptedOut []string `json:"optedOut,omitempty"`
}

// LeadAgain is the input of the profile's update "lead_again": a lead of a guest
// who may be on the way already.
type LeadAgain struct {
	ID          string `json:"id"` // the same twice is one lead
	ProgramCode string `json:"programCode"`
}

// LeadAgainResult answers it.
type LeadAgainResult struct {
	// JourneyID is the open journey of the same program, which is told; empty
	// means that there is none, and that the lead may start one.
	JourneyID string `json:"journeyId,omitempty"`
}

// ClaimInput starts a Claim: claim/phone/<hmac>, claim/email/<hmac>,
// claim/hubspot/<portal>/contact/<object> or claim/hubspot/<portal>/starts.
type ClaimInput struct {
	Kind string `json:"kind"` // "phone", "email", "hubspot_contact", "hubspot_starts"
	// ObjectID is the CRM's contact ID, for "hubspot_contact".
	ObjectID string `json:"objectId,omitempty"`
	// Portal is the CRM account, for the two HubSpot kinds.
	Portal string `json:"portal,omitempty"`
	// Starts says which contacts start a journey, for "hubspot_contact".
	Starts *StartRules `json:"starts,omitempty"`
	State  *ClaimState `json:"state,omitempty"` // only continue-as-new sets it
}

// StartRules say which contacts of the CRM start a journey. A contact that
// matches neither list starts none.
type StartRules struct {
	Forms   []string `json:"forms,omitempty"`
	Sources []string `json:"sources,omitempty"`
	Program string   `json:"program"`
	PerHour int      `json:"perHour"`
}

// Bind is the input of the claim's update "bind": the first guest to bind an
// address owns it.
type Bind struct {
	GuestRef  string `json:"guestRef"`
	JourneyID string `json:"journeyId"`
}

// BindResult answers with the owner.
type BindResult struct {
	GuestRef string `json:"guestRef"`
}

// Owner answers the claim's update "owner".
type Owner struct {
	GuestRef string `json:"guestRef,omitempty"` // empty: nobody has claimed the address
}

// Caller answers the profile's update "caller".
type Caller struct {
	Locale string `json:"locale,omitempty"` // empty: not known
	// JourneyID is the newest open journey; empty means that there is none.
	JourneyID string `json:"journeyId,omitempty"`
}

// Names of updates and signals between directory, claims, profiles and journeys.
const (
	UpdateBind          = "bind"           // to Claim
	UpdateJourneyOpened = "journey_opened" // to GuestProfile
	UpdateLeadAgain     = "lead_again"     // to GuestProfile
	UpdateOwner         = "owner"          // to Claim: kit.Empty, answered by an Owner
	UpdateCaller        = "caller"         // to GuestProfile: kit.Empty, answered by a Caller
	SignalJourneyClosed = "journey_closed" // to GuestProfile: kit.Fact, Object = journey ID
	// SignalJourneyDates goes to GuestProfile when a journey's dates are known or
	// change: kit.Fact, Object = journey ID, Type FactDates, Data["arrival"] and
	// Data["departure"] in RFC 3339, Data["program"].
	SignalJourneyDates = "journey_dates"
	SignalEnqueue      = "enqueue" // to the starts claim: directory.StartRequest
	// SignalChannel goes to GuestProfile: kit.Fact, Type "opted_out" or
	// "opted_in", Data["channel"].
	SignalChannel = "channel_event"
	// SignalProfile goes to the open journeys: kit.Fact of one of these types:
	//   - "opted_out", "opted_in": Data["channel"];
	//   - FactOverlap, FactDuplicate and their ends: Data["journey"] is the other
	//     journey; an overlap is told to both, a duplicate to the newer one;
	//   - FactLeadAgain: the guest asked for the same program once more.
	SignalProfile = "profile_update"
)

// Types of facts between journeys and the profile.
const (
	FactDates         = "dates"
	FactOverlap       = "overlap"
	FactOverlapOver   = "overlap_over"
	FactDuplicate     = "duplicate"
	FactDuplicateOver = "duplicate_over"
	FactLeadAgain     = "lead_again"
	// FactCallBack: a caller was promised that somebody calls back. It goes the
	// way of a text, from the claim to the newest journey.
	FactCallBack = "call_back"
	factClosed   = "closed"
)

// held is a fact that came before anyone claimed the address.
type held struct {
	Fact kit.Fact  `json:"fact"`
	Drop time.Time `json:"drop"`
}
