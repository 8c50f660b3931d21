// Package hubspot keeps the customer records in HubSpot.
//
// Called by the worker, which hands a Book to the port activities/crm. It owns
// the translation into HubSpot's words and codes. Every write is exactly once:
// an upsert by a unique property, and an association that is the same however
// often it is made.
//
// The portal needs these custom properties. Contacts: guest_ref (unique),
// journey_ref, lead_source, lead_score, lead_classification, and for forms that
// ask, program_of_interest. Deals: journey_ref (unique), op_id. Notes: op_id
// (unique). Unconfirmed until tried in a real portal: that a property of an
// engagement type (a note) can be unique.
package hubspot

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bojanz/currency"

	"guestjourney/activities/crm"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

// BaseURL is where HubSpot answers.
const BaseURL = "https://api.hubapi.com"

// Object types as the paths name them. Deals go by their type ID.
const (
	contacts = "contacts"
	deals    = "0-3"
	notes    = "notes"
)

// Config is what a portal needs.
type Config struct {
	AccessToken string
	// Version of the API: "v3" (the default) or a dated one, "2026-09".
	Version string
	// Pipeline is the pipeline's ID; empty means HubSpot's "default".
	Pipeline string
	// Stages maps our stages to the pipeline's own stage IDs. One that is
	// missing is sent under our name.
	Stages map[string]string
}

// Book is a crm.Book.
type Book struct {
	config Config
	paths  paths
	client *provider.Client
}

var _ crm.Book = (*Book)(nil)

// New returns a Book, or an error that names what is wrong.
func New(config Config, client *provider.Client) (*Book, error) {
	if config.AccessToken == "" {
		return nil, errors.New("hubspot: the access token is not set")
	}
	if client == nil {
		return nil, errors.New("hubspot: no provider client")
	}
	paths, err := newPaths(config.Version)
	if err != nil {
		return nil, err
	}
	if config.Pipeline == "" {
		config.Pipeline = "default"
	}
	for stage := range config.Stages {
		if !knownStages[crm.Stage(stage)] {
			return nil, fmt.Errorf("hubspot: there is no deal stage %q", stage)
		}
	}
	return &Book{config: config, paths: paths, client: client}, nil
}

var knownStages = map[crm.Stage]bool{
	crm.StageNew: true, crm.StageOffer: true, crm.StageDeposit: true, crm.StageBooked: true,
	crm.StageInProgram: true, crm.StageCompleted: true, crm.StageCancelled: true, crm.StageLost: true,
}

// UpsertContact writes the contact by its e-mail, or by the guest reference
// where there is none. A field that is empty here is left as HubSpot has it.
func (b *Book) UpsertContact(ctx context.Context, _ options.Effect, contact crm.Contact) (crm.Ref, error) {
	properties := filled(map[string]string{
		"email": contact.Email, "phone": contact.Phone,
		"firstname": contact.FirstName, "lastname": contact.LastName,
		"lead_source": contact.Source, "lead_classification": contact.Classification,
		"lead_score": strconv.Itoa(contact.Score),
		"guest_ref":  contact.GuestRef, "journey_ref": contact.JourneyRef,
	})
	if contact.Email == "" {
		return b.upsert(ctx, contacts, "guest_ref", contact.GuestRef, properties)
	}
	ref, err := b.upsert(ctx, contacts, "email", contact.Email, properties)
	var known *failure.Error
	if contact.GuestRef != "" && errors.As(err, &known) && known.Status == http.StatusConflict {
		// The guest was first written without an address: that record is the one.
		return b.upsert(ctx, contacts, "guest_ref", contact.GuestRef, properties)
	}
	return ref, err
}

// UpsertDeal writes the deal of a journey and ties it to its contact.
func (b *Book) UpsertDeal(ctx context.Context, effect options.Effect, deal crm.Deal) (crm.Ref, error) {
	amount, err := major(deal.AmountMinor, deal.Currency)
	if err != nil {
		return crm.Ref{}, err
	}
	stage := string(deal.Stage)
	if own, mapped := b.config.Stages[stage]; mapped {
		stage = own
	}
	ref, err := b.upsert(ctx, deals, "journey_ref", deal.JourneyRef, filled(map[string]string{
		"dealname": deal.Name, "pipeline": b.config.Pipeline, "dealstage": stage,
		"amount": amount, "deal_currency_code": deal.Currency,
		"journey_ref": deal.JourneyRef, "op_id": effect.Key,
	}))
	if err != nil {
		return crm.Ref{}, err
	}
	return ref, b.associate(ctx, deals, ref.ID, deal.ContactID)
}

// AddNote writes a note and ties it to its contact.
func (b *Book) AddNote(ctx context.Context, effect options.Effect, note crm.Note) (crm.Ref, error) {
	ref, err := b.upsert(ctx, notes, "op_id", effect.Key, map[string]string{
		"hs_note_body": html.EscapeString(note.Text), // HubSpot shows it as HTML
		"hs_timestamp": time.UnixMilli(note.AtUnixMilli).UTC().Format("2006-01-02T15:04:05.000Z"),
		"op_id":        effect.Key,
	})
	if err != nil {
		return crm.Ref{}, err
	}
	return ref, b.associate(ctx, notes, ref.ID, note.ContactID)
}

// readProperties are what a Record is made of.
const readProperties = "email,phone,firstname,lastname,lead_source,journey_ref,program_of_interest,hs_language,hs_object_source_detail_1"

// ReadContact reads a contact by its ID.
func (b *Book) ReadContact(ctx context.Context, ref crm.Ref) (crm.Record, error) {
	if ref.ID == "" {
		return crm.Record{}, &failure.Error{
			Provider: "hubspot", Operation: operationOf(contacts, "get"), Class: failure.InvalidInput,
			Advice: "there is no contact ID to read",
		}
	}
	var answer object
	err := b.call(ctx, provider.Request{
		Operation: operationOf(contacts, "get"), Method: http.MethodGet,
		Path:  b.paths.object(contacts, ref.ID),
		Query: url.Values{"properties": {readProperties}},
	}, &answer)
	if err != nil {
		return crm.Record{}, err
	}
	read := answer.Properties
	return crm.Record{
		ID: answer.ID, Email: read["email"], Phone: read["phone"],
		FirstName: read["firstname"], LastName: read["lastname"],
		Source: read["lead_source"], Form: read["hs_object_source_detail_1"],
		JourneyRef: read["journey_ref"], Program: read["program_of_interest"],
		Locale: locale(read["hs_language"]),
	}, nil
}

// locale keeps the languages that the house speaks, without their country.
func locale(language string) string {
	if len(language) >= 2 {
		switch language[:2] {
		case "en", "es":
			return language[:2]
		}
	}
	return ""
}

// major writes an amount as HubSpot wants it: "1250.00", or "1250" in a
// currency without minor units.
func major(minor int64, code string) (string, error) {
	if minor == 0 && code == "" {
		return "", nil
	}
	amount, err := currency.NewAmountFromInt64(minor, code)
	if err != nil {
		return "", &failure.Error{
			Provider: "hubspot", Operation: operationOf(deals, "upsert"), Class: failure.InvalidInput,
			Advice: "the deal's currency is not a known code", Err: err,
		}
	}
	return amount.Number(), nil
}

// filled drops the empty values: HubSpot takes an empty string for an order to
// clear the property.
func filled(properties map[string]string) map[string]string {
	for name, value := range properties {
		if value == "" {
			delete(properties, name)
		}
	}
	return properties
}
