package main

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar"
	"guestjourney/activities/crm"
	"guestjourney/activities/email"
	"guestjourney/activities/paging"
	"guestjourney/activities/payments"
	"guestjourney/activities/records"
	"guestjourney/activities/rotation"
	"guestjourney/activities/sms"
	"guestjourney/activities/watching"
	"guestjourney/internal/sandbox"
)

// examples is a request of each call that changes something, after what has to
// be there before it.
var examples = map[string]func(*matrixWorld) any{
	"payments.EnsureCustomer": func(*matrixWorld) any { return customer },
	"payments.OpenCheckout": func(w *matrixWorld) any {
		return checkoutOf(must[payments.CustomerRef](w, "payments.EnsureCustomer", customer))
	},
	"payments.CloseAttempt": func(w *matrixWorld) any {
		page := must[payments.Checkout](w, "payments.OpenCheckout", checkoutOf(must[payments.CustomerRef](w, "payments.EnsureCustomer", customer)))
		return payments.AttemptRef{Kind: payments.KindCheckout, ID: page.ID}
	},
	"payments.ChargeSaved": func(w *matrixWorld) any {
		who, paid := paidBy(w)
		return payments.ChargeRequest{
			CustomerID: who.ID, PaymentMethodID: paid.PaymentMethodID, Amount: payments.Money{Minor: 250000, Currency: "USD"},
			Label: "Seven days", Purpose: purposeOf("balance"),
		}
	},
	"payments.Refund": func(w *matrixWorld) any {
		_, paid := paidBy(w)
		return payments.RefundRequest{PaymentID: paid.PaymentID, Amount: deposit, Reason: "cancelled", WorkflowID: "pay/matrix"}
	},
	"payments.TryOut":   func(*matrixWorld) any { return payments.TryOut{} },
	"crm.UpsertContact": func(*matrixWorld) any { return contact },
	"crm.UpsertDeal": func(w *matrixWorld) any {
		return crm.Deal{
			JourneyRef: "journey/matrix", ContactID: must[crm.Ref](w, "crm.UpsertContact", contact).ID,
			Name: "P7 guest-matrix", Stage: crm.StageBooked, AmountMinor: 300000, Currency: "USD",
		}
	},
	"crm.AddNote": func(w *matrixWorld) any {
		return crm.Note{ContactID: must[crm.Ref](w, "crm.UpsertContact", contact).ID, JourneyRef: "journey/matrix", Text: "booked", AtUnixMilli: 1803978000000}
	},
	"email.Send": func(*matrixWorld) any {
		return email.Message{To: "ana@matrix.example", Template: "welcome", Locale: "en", Params: map[string]string{"name": "Ana", "program": "Seven days", "link": "https://guests.example/x"}, WorkflowID: "journey/matrix"}
	},
	"sms.Send": func(*matrixWorld) any {
		return sms.Message{To: "+14155550134", Template: "stop_confirmed", Locale: "en", WorkflowID: "journey/matrix"}
	},
	"calendar.Hold": func(*matrixWorld) any { return entry },
	"calendar.Change": func(w *matrixWorld) any {
		must[calendar.Ref](w, "calendar.Hold", entry)
		moved := entry
		moved.Start, moved.End, moved.Confirmed = entry.Start.Add(24*time.Hour), entry.End.Add(24*time.Hour), true
		return moved
	},
	"calendar.Release": func(w *matrixWorld) any {
		must[calendar.Ref](w, "calendar.Hold", entry)
		return calendar.Place{HoldKey: entry.HoldKey, CalendarID: entry.CalendarID}
	},
	"paging.Page": func(*matrixWorld) any { return pageBy(paging.SMS) },
	"watching.Watch": func(w *matrixWorld) any {
		w.watched.open()
		return watchedSession
	},
	"watching.End": func(w *matrixWorld) any {
		w.watched.open()
		must[watching.Done](w, "watching.Watch", watchedSession)
		return watching.End{Session: watchedSession.Session, At: time.Now().UTC()}
	},
	"records.File": func(w *matrixWorld) any {
		w.watched.open()
		must[watching.Done](w, "watching.Watch", watchedSession)
		return records.Request{Session: watchedSession.Session, Log: json.RawMessage(`{"session":"session/matrix","guestRef":"g-1","room":"3","device":"monitor-7","protocol":{"code":"PRG-07","signedBy":"dr-sol","signedAt":"2026-01-01T00:00:00Z"},"startedAt":"2026-03-02T16:00:00Z","log":[{"at":"2026-03-02T16:00:00Z","kind":"started"}]}`)}
	},
	"rotation.Create":   func(*matrixWorld) any { return rotation.Secret{Name: "jwt_signing_key"} },
	"rotation.Promote":  func(w *matrixWorld) any { return onTrial(w) },
	"rotation.Withdraw": func(w *matrixWorld) any { return onTrial(w) },
}

var (
	deposit  = payments.Money{Minor: 50000, Currency: "USD"}
	customer = payments.Customer{Email: "ana@matrix.example", Name: "Ana Prueba", Phone: "+14155550134", LeadID: "journey/matrix", GuestRef: "guest-matrix"}
	contact  = crm.Contact{Email: "ana@matrix.example", FirstName: "Ana", Score: 40, Classification: "warm", JourneyRef: "journey/matrix", GuestRef: "guest-matrix"}
	entry    = calendar.Entry{
		HoldKey: "appt/matrix/0123456789ab/hold/0", CalendarID: "primary", Title: "P7 guest-matrix", Zone: "America/Mexico_City", WorkflowID: "appt/matrix",
		Start: time.Date(2027, 3, 2, 16, 0, 0, 0, time.UTC), End: time.Date(2027, 3, 9, 16, 0, 0, 0, time.UTC),
	}
)

var watchedSession = watching.Session{
	Session: "session/matrix", Device: "monitor-7", Since: time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC), Room: "3",
	Protocol: watching.Protocol{Code: "PRG-07", SignedBy: "dr-sol", SignedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
}

func pageBy(channel paging.Channel) paging.Page {
	return paging.Page{Session: "session/matrix", Room: "3", Priority: "HIGH", Code: "HR-LOW", Person: "p-ana", Channel: channel}
}

// onTrial puts a version of a secret on trial.
func onTrial(w *matrixWorld) rotation.Version {
	return rotation.Version{Secret: "jwt_signing_key", ID: w.account.Put("jwt_signing_key", "a new key that nobody knows yet", "AWSPENDING")}
}

func purposeOf(step string) payments.Purpose {
	return payments.Purpose{LeadID: "journey/matrix", CaseID: "matrix", WorkflowID: "pay/matrix", Step: step}
}

func checkoutOf(who payments.CustomerRef) payments.CheckoutRequest {
	return payments.CheckoutRequest{
		CustomerID: who.ID, Amount: deposit, Label: "Seven days", Purpose: purposeOf("deposit"),
		ExpiresAt: time.Now().Add(72 * time.Hour), SaveForLater: true, Locale: "en",
	}
}

// paidBy leads a customer to a paid page and returns what was paid.
func paidBy(w *matrixWorld) (payments.CustomerRef, payments.Attempt) {
	w.t.Helper()
	who := must[payments.CustomerRef](w, "payments.EnsureCustomer", customer)
	page := must[payments.Checkout](w, "payments.OpenCheckout", checkoutOf(who))
	_, err := w.sandbox.Pay(page.ID, sandbox.PayOptions{})
	require.NoError(w.t, err)
	encoded, err := w.env.ExecuteActivity("payments.Attempts", payments.AttemptsRequest{CustomerID: who.ID, WorkflowID: "pay/matrix"})
	require.NoError(w.t, err)
	var attempts []payments.Attempt
	require.NoError(w.t, encoded.Get(&attempts))
	require.Len(w.t, attempts, 1)
	return who, attempts[0]
}
