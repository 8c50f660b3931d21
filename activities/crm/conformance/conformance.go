// Package conformance is what every adapter of activities/crm must pass.
//
// Called by the adapters' tests, with the adapter in front of a stand-in for
// its provider: it holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Kind is a kind of record.
type Kind string

// The kinds of records.
const (
	Contacts Kind = "contacts"
	Deals    Kind = "deals"
	Notes    Kind = "notes"
)

// Harness is one adapter before one CRM that is empty.
type Harness struct {
	Book crm.Book
	// Records counts the records of a kind.
	Records func(kind Kind) int
	// LoseAnswer makes the CRM act on the next write and lose the answer.
	LoseAnswer func()
}

const key = "journey/conformance/0123456789ab/crm/1"

func contact() crm.Contact {
	return crm.Contact{
		Email: "guest@conformance.example", Phone: "+14155550134", FirstName: "Ana", LastName: "Prueba",
		Source: "website", Score: 70, Classification: "hot",
		JourneyRef: "journey/conformance", GuestRef: "guest-conformance",
	}
}

func deal(contactID string) crm.Deal {
	return crm.Deal{
		JourneyRef: "journey/conformance", ContactID: contactID, Name: "retreat-7d guest-conformance",
		Stage: crm.StageNew, AmountMinor: 300000, Currency: "USD",
	}
}

func note(contactID string) crm.Note {
	return crm.Note{
		ContactID: contactID, JourneyRef: "journey/conformance", Text: "Offer sent",
		AtUnixMilli: time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC).UnixMilli(),
	}
}

func try(first bool) options.Effect {
	return options.Effect{Key: key, FirstTry: first, Since: time.Now()}
}

// write is one kind of write, by the ID of an existing contact.
type write struct {
	kind Kind
	do   func(ctx context.Context, book crm.Book, effect options.Effect, contactID string) (crm.Ref, error)
}

var writes = []write{
	{Contacts, func(ctx context.Context, book crm.Book, effect options.Effect, _ string) (crm.Ref, error) {
		return book.UpsertContact(ctx, effect, contact())
	}},
	{Deals, func(ctx context.Context, book crm.Book, effect options.Effect, contactID string) (crm.Ref, error) {
		return book.UpsertDeal(ctx, effect, deal(contactID))
	}},
	{Notes, func(ctx context.Context, book crm.Book, effect options.Effect, contactID string) (crm.Ref, error) {
		return book.AddNote(ctx, effect, note(contactID))
	}},
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, write := range writes {
		t.Run(string(write.kind)+" are written once", func(t *testing.T) {
			h := newHarness(t)
			contactID := existing(t, h)
			first, err := write.do(context.Background(), h.Book, try(true), contactID)
			require.NoError(t, err)
			require.NotEmpty(t, first.ID)
			require.Equal(t, 1, h.Records(write.kind))

			second, err := write.do(context.Background(), h.Book, try(false), contactID)
			require.NoError(t, err)
			require.Equal(t, first, second)
			require.Equal(t, 1, h.Records(write.kind))
		})
		t.Run(string(write.kind)+": a lost answer is one record", func(t *testing.T) {
			h := newHarness(t)
			contactID := existing(t, h)
			h.LoseAnswer()
			_, err := write.do(context.Background(), h.Book, try(true), contactID)
			requireAmbiguous(t, err)
			_, err = write.do(context.Background(), h.Book, try(false), contactID)
			require.NoError(t, err)
			require.Equal(t, 1, h.Records(write.kind))
		})
	}
	t.Run("a contact is read as it was written", func(t *testing.T) {
		h := newHarness(t)
		ref, err := h.Book.UpsertContact(context.Background(), try(true), contact())
		require.NoError(t, err)
		record, err := h.Book.ReadContact(context.Background(), ref)
		require.NoError(t, err)
		wanted := contact()
		require.Equal(t, ref.ID, record.ID)
		require.Equal(t, wanted.Email, record.Email)
		require.Equal(t, wanted.Phone, record.Phone)
		require.Equal(t, wanted.FirstName, record.FirstName)
		require.Equal(t, wanted.LastName, record.LastName)
		require.Equal(t, wanted.Source, record.Source)
		require.Equal(t, wanted.JourneyRef, record.JourneyRef)
	})
	t.Run("an empty field clears nothing", func(t *testing.T) {
		h := newHarness(t)
		ref, err := h.Book.UpsertContact(context.Background(), try(true), contact())
		require.NoError(t, err)
		less := contact()
		less.Phone, less.LastName = "", ""
		_, err = h.Book.UpsertContact(context.Background(), try(true), less)
		require.NoError(t, err)
		record, err := h.Book.ReadContact(context.Background(), ref)
		require.NoError(t, err)
		require.Equal(t, contact().Phone, record.Phone)
		require.Equal(t, contact().LastName, record.LastName)
	})
	t.Run("a guest without an address is one contact", func(t *testing.T) {
		h := newHarness(t)
		nameless := contact()
		nameless.Email = ""
		first, err := h.Book.UpsertContact(context.Background(), try(true), nameless)
		require.NoError(t, err)
		second, err := h.Book.UpsertContact(context.Background(), try(false), nameless)
		require.NoError(t, err)
		require.Equal(t, first, second)
		require.Equal(t, 1, h.Records(Contacts))
	})
	t.Run("a deal moves through its stages", func(t *testing.T) {
		h := newHarness(t)
		moving := deal(existing(t, h))
		first, err := h.Book.UpsertDeal(context.Background(), try(true), moving)
		require.NoError(t, err)
		moving.Stage = crm.StageBooked
		second, err := h.Book.UpsertDeal(context.Background(), options.Effect{Key: key + "x", FirstTry: true}, moving)
		require.NoError(t, err)
		require.Equal(t, first, second)
		require.Equal(t, 1, h.Records(Deals))
	})
	t.Run("a contact that is not there", func(t *testing.T) {
		h := newHarness(t)
		_, err := h.Book.ReadContact(context.Background(), crm.Ref{ID: "999999999"})
		var known *failure.Error
		require.ErrorAs(t, err, &known)
		require.Equal(t, failure.Permanent, known.Class)
	})
}

// existing writes the contact that deals and notes belong to.
func existing(t *testing.T, h Harness) string {
	t.Helper()
	ref, err := h.Book.UpsertContact(context.Background(), try(true), contact())
	require.NoError(t, err)
	return ref.ID
}

// requireAmbiguous checks that a lost answer is told apart from a refusal.
func requireAmbiguous(t *testing.T, err error) {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, failure.Ambiguous, known.Class, "a lost answer: %v", err)
}
