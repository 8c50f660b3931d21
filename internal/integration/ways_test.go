package integration

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/kit"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestAGuestPaysIsBookedAndIsReminded(t *testing.T) {
	h := open(t, settings{})
	h.invite(8*time.Second, true, nil)
	id := h.begin(lead(1))

	result := h.result(id, time.Minute)

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
