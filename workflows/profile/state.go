package profile

import (
	"time"

	"guestjourney/activities/directory"
	"guestjourney/workflows/kit"
)

// State is what a profile knows; it is also its continue-as-new input.
type State struct {
	Common   kit.Common `json:"common"`
	Since    time.Time  `json:"since"`
	Locale   string     `json:"locale,omitempty"`
	Phone    string     `json:"phone,omitempty"`
	Email    string     `json:"email,omitempty"`
	OptedOut []string   `json:"optedOut,omitempty"`
	Journeys []Open     `json:"journeys,omitempty"`
	// Clashes are pairs of open journeys that cannot both be right.
	Clashes []Clash `json:"clashes,omitempty"`
	// StopAnswered: the guest has had the one confirmation of a closed channel.
	StopAnswered bool `json:"stopAnswered,omitempty"`
	// Inbox are facts that the loop has yet to act on.
	Inbox []kit.Fact `json:"inbox,omitempty"`
}

// Open is an open journey of a guest.
type Open struct {
	JourneyID   string    `json:"journeyId"`
	ProgramCode string    `json:"programCode"`
	Since       time.Time `json:"since"`
	ArrivalAt   time.Time `json:"arrivalAt,omitzero"`
	DepartureAt time.Time `json:"departureAt,omitzero"`
}

// Clash is a pair of open journeys whose dates meet.
type Clash struct {
	Kind  string `json:"kind"`  // FactOverlap or FactDuplicate
	Older string `json:"older"` // journey IDs
	Newer string `json:"newer"`
}

// ClaimState is what a claim knows; it is also its continue-as-new input.
type ClaimState struct {
	Common   kit.Common `json:"common"`
	Since    time.Time  `json:"since"`
	GuestRef string     `json:"guestRef,omitempty"`
	Waiting  []held     `json:"waiting,omitempty"` // facts without an owner yet
	// Queue, Started and Known serve the claim that counts starts per hour.
	Queue   []directory.StartRequest `json:"queue,omitempty"`
	Started []time.Time              `json:"started,omitempty"`
	Count   int                      `json:"count,omitempty"`
	PerHour int                      `json:"perHour,omitempty"`
}
