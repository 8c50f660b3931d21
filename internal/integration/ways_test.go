package integration

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/kit"
)

func itoa(n int) string { return strconv.Itoa(n) }

// inGoodTime is an arrival so far ahead that a slow machine too has booked the
// stay before the first reminder is due: one whose time has passed is not sent.
const inGoodTime = 35 * time.Second

func TestAGuestPaysIsBookedAndIsReminded(t *testing.T) {
	h := open(t, settings{})
	h.invite(inGoodTime, true, nil)
	id := h.begin(lead(1))

	result := h.result(id, 2*time.Minute)

	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, "paid", result.MoneyState)
	assert.Equal(t, int64(200000), result.CapturedMinor)
	h.once()
	t.Log(h.effects())
	assert.Len(t, h.sandbox.Messages(sandbox.MessageFilter{Channel: "sms"}), 6)
	assert.Len(t, h.sandbox.Messages(sandbox.MessageFilter{Channel: "email"}), 7)
}

func TestACancelGivesPlaceAndMoneyBack(t *testing.T) {
	h := open(t, settings{})
	h.invite(2*time.Hour, true, nil)
	id := h.begin(lead(1))
	h.reaches(id, "pre_arrival", 30*time.Second)
	before := len(h.sandbox.Messages(sandbox.MessageFilter{}))

	outcome, err := h.command(id, kit.UpdateCancel, kit.Cancel{Envelope: operator("the guest called"), By: "guest"})

	require.NoError(t, err)
	assert.Equal(t, "pending", outcome.Status)
	result := h.result(id, 30*time.Second)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Equal(t, int64(50000), result.RefundedMinor)
	assert.Empty(t, activeEvents(h), "the calendar still holds the place")
	assert.Len(t, h.sandbox.Messages(sandbox.MessageFilter{}), before+2)
	h.once()
}

func activeEvents(h *house) []sandbox.CalendarEvent {
	var active []sandbox.CalendarEvent
	for _, event := range h.sandbox.CalendarEvents() {
		if event.Status != "cancelled" {
			active = append(active, event)
		}
	}
	return active
}

func TestARescheduleMovesTheReminders(t *testing.T) {
	h := open(t, settings{})
	h.invite(2*time.Hour, true, nil)
	id := h.begin(lead(1))
	h.reaches(id, "pre_arrival", 30*time.Second)
	start := time.Now().Add(inGoodTime).UTC().Truncate(time.Second)

	outcome, err := h.command(id, kit.UpdateReschedule, kit.Reschedule{Envelope: operator("the doctor is ill"), Start: start.Format(time.RFC3339)})

	require.NoError(t, err)
	assert.Equal(t, "pending", outcome.Status)
	h.eventually(time.Minute, "the moved appointment is over", func() bool {
		view, err := h.status(id)
		return err == nil && view.Session.State == "done" && view.Session.Revision == 2
	})
	view, err := h.status(id)
	require.NoError(t, err)
	assert.Equal(t, "done", view.Commands[0].Status)
	for _, event := range activeEvents(h) {
		var at struct {
			DateTime time.Time `json:"dateTime"`
		}
		require.NoError(t, json.Unmarshal(event.Start, &at))
		assert.WithinDuration(t, start, at.DateTime, time.Second)
	}
	var reminders int
	for _, message := range h.sandbox.Messages(sandbox.MessageFilter{Channel: "sms"}) {
		if message.At.After(start.Add(-10 * time.Second)) {
			reminders++
		}
	}
	assert.Equal(t, 2, reminders, "both texts of the new time, none of the old one")
	h.once()
}

func TestMoneyThatComesTooLateGoesBackInFull(t *testing.T) {
	program := quick()
	program.Deadlines.Deposit = seconds(4)
	program.Deadlines.LateWindow = seconds(20)
	h := open(t, settings{program: program})
	h.invite(2*time.Hour, true, func(string) bool { return false })
	id := h.begin(lead(1))
	h.reaches(id, "deposit_pending", 20*time.Second)
	var page sandbox.PaymentPage
	h.eventually(10*time.Second, "a payment page", func() bool {
		pages := h.sandbox.PaymentPages()
		if len(pages) > 0 {
			page = pages[0]
		}
		return len(pages) > 0
	})
	_, err := h.sandbox.Pay(page.ID, sandbox.PayOptions{Method: "sepa_debit"})
	require.NoError(t, err)

	result := h.result(id, 40*time.Second)
	require.Equal(t, "expired_unpaid", result.Reason)
	require.NoError(t, h.sandbox.Settle(h.sandbox.PaymentPages()[0].Intent, true))

	plan := "pay/" + id[len("journey/"):]
	h.eventually(20*time.Second, "the refund", func() bool { return h.effects()["stripe refunds.create"] == 1 })
	h.eventually(40*time.Second, "the plan's end", func() bool { return h.closed(plan) })
	h.once()
}

func TestAWebhookMayComeBeforeTheCallReturns(t *testing.T) {
	h := open(t, settings{})
	h.invite(14*time.Second, true, nil)
	// The provider has charged, and told of it, while our call still waits.
	require.NoError(t, h.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Operation: "payment_intents.create", Kind: sandbox.FaultLatency, Delay: 2 * time.Second, Count: 1}))
	id := h.begin(lead(1))

	result := h.result(id, 90*time.Second)

	assert.Equal(t, int64(200000), result.CapturedMinor)
	assert.Equal(t, "completed", result.Stage)
	assert.Empty(t, h.sandbox.Faults(), "the fault did not happen")
	h.once()
}

func TestDuplicateAndReorderedWebhooksHaveOneEffect(t *testing.T) {
	h := open(t, settings{})
	h.sandbox.SetDelivery(sandbox.DeliveryOptions{Duplicates: 3, Reverse: true, Delay: 200 * time.Millisecond})
	h.invite(18*time.Second, true, nil)
	id := h.begin(lead(1))

	result := h.result(id, 90*time.Second)

	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, int64(200000), result.CapturedMinor)
	var posted int
	for _, webhook := range h.sandbox.Webhooks("stripe") {
		posted += webhook.Attempts
	}
	assert.GreaterOrEqual(t, posted, 8, "the duplicates did not happen")
	h.once()
}

func TestAGuestWhoTextsStopIsLeftAlone(t *testing.T) {
	h := open(t, settings{})
	h.invite(14*time.Second, true, nil)
	guest := lead(1)
	id := h.begin(guest)
	h.reaches(id, "pre_arrival", 30*time.Second)
	_, err := h.sandbox.ReplySMS(guest.Phone, "Stop please")
	require.NoError(t, err)
	h.eventually(10*time.Second, "the journey knows", func() bool {
		view, err := h.status(id)
		return err == nil && len(view.OptedOut) == 1
	})
	texts := len(h.sandbox.Messages(sandbox.MessageFilter{Channel: "sms"}))

	result := h.result(id, 90*time.Second)

	assert.Equal(t, "completed", result.Stage)
	after := h.sandbox.Messages(sandbox.MessageFilter{Channel: "sms"})
	assert.LessOrEqual(t, len(after), texts+1, "more than the one confirmation went out after STOP")
	// A second journey of the same guest starts with the channel closed.
	second := h.begin(guest)
	h.eventually(20*time.Second, "the second journey has said welcome", func() bool {
		view, err := h.status(second)
		return err == nil && view.Stage != "captured"
	})
	assert.Len(t, h.sandbox.Messages(sandbox.MessageFilter{Channel: "sms"}), len(after))
}
