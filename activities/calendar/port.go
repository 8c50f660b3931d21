// Package calendar is the port to the property's calendar.
//
// Called by the Appointment workflow only. Entries are named by the effect key
// of their hold, from which the adapter derives the ID that it chooses itself:
// a place can be released even when the answer to its hold was lost.
package calendar

import (
	"context"
	"time"

	"guestjourney/activities/options"
)

// Entry is one appointment in a calendar.
type Entry struct {
	HoldKey    string    `json:"holdKey"` // effect key of the hold; names the entry
	CalendarID string    `json:"calendarId"`
	Title      string    `json:"title"` // a code; no name, no treatment
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	Zone       string    `json:"zone"` // IANA, the property's
	Confirmed  bool      `json:"confirmed"`
	WorkflowID string    `json:"workflowId"`
}

// Place names an entry.
type Place struct {
	HoldKey    string `json:"holdKey"`
	CalendarID string `json:"calendarId"`
}

// Ref is the entry's ID at the provider, for the timeline.
type Ref struct {
	ID string `json:"id"`
}

// Diary is a calendar in the words of the house. Errors are *failure.Error.
type Diary interface {
	// Hold writes the entry. Exactly once (client-chosen ID).
	Hold(context.Context, options.Effect, Entry) (Ref, error)
	// Change writes the entry's present times and status. Exactly once (the
	// same content again changes nothing).
	Change(context.Context, options.Effect, Entry) (Ref, error)
	// Release removes the entry; one that is not there is released. Exactly once.
	Release(context.Context, options.Effect, Place) (Ref, error)
}
