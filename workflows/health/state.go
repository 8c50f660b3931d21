package health

import (
	"time"

	"guestjourney/activities/failure"
	"guestjourney/workflows/kit"
)

// States of a provider, and with Closed the stages of IntegrationHealth.
const (
	StateUp      = "up"
	StateFailing = "failing" // fewer failures in a row than its threshold
	StateDown    = "down"
	StageClosed  = "closed" // by Temporal's Cancel
)

// maxChanges bounds what is remembered.
const maxChanges = 100

// State is what IntegrationHealth knows; it is also its continue-as-new input.
type State struct {
	Common kit.Common `json:"common"`
	Stage  string     `json:"stage"`
	Since  time.Time  `json:"since"`
	// ReportedAt is the instant of the last report taken.
	ReportedAt time.Time `json:"reportedAt,omitzero"`
	// Functions is the same of the check of functions.
	Functions Functions `json:"functions,omitzero"`
	// Listen is when it is looked whether reports still come.
	Listen time.Time `json:"listen"`
	// Providers are in the order in which they were first heard of.
	Providers []Provider `json:"providers,omitempty"`
	Changes   []Change   `json:"changes,omitempty"`
	// Reports have arrived and are yet to be taken, oldest first.
	Reports []Report `json:"reports,omitempty"`
	// Alerts are what staff are yet to be told, oldest first, and Announced
	// counts all there ever were.
	Alerts    []*Alert `json:"alerts,omitempty"`
	Announced int      `json:"announced,omitempty"`
	// Workers are in the order in which they were first heard of.
	Workers []Worker `json:"workers,omitempty"`
}

// Provider is what is known of one.
type Provider struct {
	Capability string `json:"capability"`
	// Check is what it is asked: CheckPing or CheckFunction. Each counts by
	// itself: one who answers may not work.
	Check string `json:"check,omitempty"`
	// Provider is the vendor's name, as it last answered.
	Provider string    `json:"provider,omitempty"`
	State    string    `json:"state"`
	Since    time.Time `json:"since"` // when State became so
	// Failures are those in a row.
	Failures    int       `json:"failures"`
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
	LastFailure *Failure  `json:"lastFailure,omitempty"`
	// Alert is the reason for attention that it has raised.
	Alert string `json:"alert,omitempty"`
}

// Functions is what is known of the check of functions.
type Functions struct {
	// ReportedAt is the instant of its last report taken.
	ReportedAt time.Time `json:"reportedAt,omitzero"`
	// Skipped is what it did not try.
	Skipped []Skipped `json:"skipped,omitempty"`
}

// Failure is one failed check: codes, never a text.
type Failure struct {
	At    time.Time     `json:"at"`
	Class failure.Class `json:"class"`
	Code  string        `json:"code,omitempty"`
}

// Change is a provider's way from one state to another.
type Change struct {
	At         time.Time `json:"at"`
	Capability string    `json:"capability"`
	Check      string    `json:"check,omitempty"`
	Provider   string    `json:"provider,omitempty"`
	From       string    `json:"from,omitempty"` // empty: first heard of
	To         string    `json:"to"`
	// Class and Code say why, unless it is up.
	Class failure.Class `json:"class,omitempty"`
	Code  string        `json:"code,omitempty"`
}

// Name is the vendor's, or the capability while that is all that is known, and
// what was checked unless it is the ping.
func (p Provider) Name() string {
	name := p.Provider
	if name == "" {
		name = p.Capability
	}
	if p.Check != CheckPing {
		name += "/" + p.Check
	}
	return name
}
