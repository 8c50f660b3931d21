// Package crm is the port to the customer relationship system.
//
// Called by GuestJourney (contact, deal, notes) and by the claim of a CRM
// contact (reading it). It promises that no health data is sent: the CRM holds
// contact data, stage and lead score only.
package crm

import (
	"context"

	"guestjourney/activities/options"
)

// Contact is what the CRM knows of a guest.
type Contact struct {
	Email          string `json:"email,omitempty"`
	Phone          string `json:"phone,omitempty"` // E.164
	FirstName      string `json:"firstName,omitempty"`
	LastName       string `json:"lastName,omitempty"`
	Source         string `json:"source,omitempty"`         // lead_source
	Score          int    `json:"score"`                    // lead_score, 0 to 100
	Classification string `json:"classification,omitempty"` // lead_classification: hot, warm, cold
	JourneyRef     string `json:"journeyRef"`               // the journey's workflow ID; marks a contact of ours
	GuestRef       string `json:"guestRef"`
}

// Ref names an object in the CRM.
type Ref struct {
	ID string `json:"id"`
}

// Stage is where a deal stands, in our words; the adapter maps it to the
// pipeline's own stage IDs.
type Stage string

// The deal stages.
const (
	StageNew       Stage = "new"
	StageOffer     Stage = "offer"
	StageDeposit   Stage = "deposit"
	StageBooked    Stage = "booked"
	StageInProgram Stage = "in_program"
	StageCompleted Stage = "completed"
	StageCancelled Stage = "cancelled"
	StageLost      Stage = "lost"
)

// Deal is a journey in the CRM's pipeline.
type Deal struct {
	JourneyRef  string `json:"journeyRef"`
	ContactID   string `json:"contactId"`
	Name        string `json:"name"` // program code and guest reference, no personal name
	Stage       Stage  `json:"stage"`
	AmountMinor int64  `json:"amountMinor,omitempty"`
	Currency    string `json:"currency,omitempty"`
}

// Note is one line in a contact's history.
type Note struct {
	ContactID  string `json:"contactId"`
	JourneyRef string `json:"journeyRef"`
	Text       string `json:"text"`
	// AtUnixMilli is the note's time, fixed by the workflow so that a second
	// try writes the same note.
	AtUnixMilli int64 `json:"atUnixMilli"`
}

// Record is a contact as read from the CRM.
type Record struct {
	ID         string `json:"id"`
	Email      string `json:"email,omitempty"`
	Phone      string `json:"phone,omitempty"`
	FirstName  string `json:"firstName,omitempty"`
	LastName   string `json:"lastName,omitempty"`
	Source     string `json:"source,omitempty"`     // lead_source
	Form       string `json:"form,omitempty"`       // the form that created it (hs_object_source_detail_1 or a configured property)
	JourneyRef string `json:"journeyRef,omitempty"` // set: this system wrote it
	Program    string `json:"program,omitempty"`    // program of interest, if the form asked
	Locale     string `json:"locale,omitempty"`     // "en", "es" or empty
}

// Book is a CRM in the words of the house. Errors are *failure.Error.
type Book interface {
	// UpsertContact writes the contact by its e-mail, or by the guest
	// reference where there is none. Exactly once (upsert by unique property).
	UpsertContact(context.Context, options.Effect, Contact) (Ref, error)
	// UpsertDeal writes the deal of a journey. Exactly once (upsert).
	UpsertDeal(context.Context, options.Effect, Deal) (Ref, error)
	// AddNote writes a note. Exactly once (upsert by the effect key).
	AddNote(context.Context, options.Effect, Note) (Ref, error)
	// ReadContact reads a contact by its ID. Changes nothing.
	ReadContact(context.Context, Ref) (Record, error)
}
