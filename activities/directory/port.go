// Package directory leads from an address to a guest, through claims.
//
// Called by GuestJourney (who am I, what else is open) and by claims. It owns
// canonical forms and the HMAC that turns an address into a workflow ID; the
// key never reaches workflow code. Its activities stay inside: they talk to
// Temporal only.
package directory

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "directory."

// ClaimRequest binds a journey's addresses to a guest.
type ClaimRequest struct {
	JourneyID string `json:"journeyId"`
	// GuestRef is proposed; a claim that exists answers with its own.
	GuestRef string `json:"guestRef"`
	Phone    string `json:"phone,omitempty"`
	Email    string `json:"email,omitempty"`
	// Region helps to read a phone number without country code ("MX", "US").
	Region      string `json:"region,omitempty"`
	ProgramCode string `json:"programCode"`
	Locale      string `json:"locale,omitempty"`
}

// Claimed answers a ClaimRequest.
type Claimed struct {
	GuestRef string `json:"guestRef"`
	Phone    string `json:"phone,omitempty"` // canonical, E.164
	Email    string `json:"email,omitempty"` // canonical
	// Conflict: phone and e-mail belong to different guests. The e-mail's guest
	// is taken, nothing is merged, and an operator decides.
	Conflict bool `json:"conflict,omitempty"`
	// OptedOut lists the channels that the guest has closed.
	OptedOut []string `json:"optedOut,omitempty"`
}

// Register finds and binds guests. Errors are *failure.Error.
type Register interface {
	// Claim binds the addresses and opens the guest's profile. Exactly once
	// (the claims know the journey).
	Claim(context.Context, options.Effect, ClaimRequest) (Claimed, error)
	// Enqueue hands a lead of the CRM to the claim that counts starts per hour,
	// unless its guest has an open journey of the same program: that journey is
	// told, and no second one starts. Exactly once (both know the contact).
	Enqueue(context.Context, options.Effect, StartRequest) (Enqueued, error)
}

// StartRequest is a lead that waits for its turn to start a journey.
type StartRequest struct {
	StartsClaim string `json:"startsClaim"` // claim/hubspot/<portal>/starts
	ContactID   string `json:"contactId"`   // the contact's claim
	JourneyID   string `json:"journeyId"`
	Lead        Lead   `json:"lead"`
	Program     string `json:"program"`
	PerHour     int    `json:"perHour"`
}

// Enqueued answers a StartRequest.
type Enqueued struct {
	// AttachedTo is the open journey that the lead was told to; empty means that
	// it waits for its turn.
	AttachedTo string `json:"attachedTo,omitempty"`
}

// Lead is who came, by any way. It is the "lead" of a journey's input.
type Lead struct {
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Locale    string `json:"locale,omitempty"` // "en" or "es"
	Zone      string `json:"zone,omitempty"`   // IANA; empty means the property's
	Region    string `json:"region,omitempty"` // ISO 3166, for numbers without country code
	Source    string `json:"source,omitempty"` // lead_source: "website", "referral", ...
}

// JourneyStart is the input of a GuestJourney as a claim writes it. The claim
// cannot import the journey, which imports the claim's messages; a test of the
// journey holds both to the same keys.
type JourneyStart struct {
	Lead    Lead   `json:"lead"`
	Program string `json:"program"`
}

// JourneyType is the workflow type that takes it.
const JourneyType = "GuestJourney"

// Activities are the registered activities of the directory.
type Activities struct{ Register Register }

// Claim is the activity behind the helper ClaimAddresses.
func (a *Activities) Claim(ctx context.Context, command options.Command[ClaimRequest]) (Claimed, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Register.Claim)
}

// Enqueue is the activity behind the helper EnqueueStart.
func (a *Activities) Enqueue(ctx context.Context, command options.Command[StartRequest]) (Enqueued, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Register.Enqueue)
}

// ClaimAddresses schedules the binding of a journey's addresses.
func ClaimAddresses(ctx workflow.Context, effect options.Effect, request ClaimRequest) options.Result[Claimed] {
	return options.Mutate[ClaimRequest, Claimed](ctx, options.Inside, options.QueueJourneys, Prefix+"Claim", "claim the addresses", effect, request)
}

// EnqueueStart schedules the handing over of a lead.
func EnqueueStart(ctx workflow.Context, effect options.Effect, request StartRequest) options.Result[Enqueued] {
	return options.Mutate[StartRequest, Enqueued](ctx, options.Inside, options.QueueJourneys, Prefix+"Enqueue", "queue a start", effect, request)
}
