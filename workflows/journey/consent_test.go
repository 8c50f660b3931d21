package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

// Webhooks overtake each other. The last word is the latest by the guest's own
// time, not the one that arrives last.
func TestAnOlderConsentThatArrivesLateIsNotTheLastWord(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	says := func(id, granted string, ago time.Duration) {
		stay.SignalWorkflow(kit.SignalGuest, kit.Fact{
			ID: id, Provider: "guest", Type: journey.GuestConsent, OccurredAt: stay.Now().Add(-ago),
			Data: map[string]string{"purpose": "health_data", "granted": granted, "version": "1"},
		})
	}
	stay.After(time.Hour, func() { stay.Guest("intake", journey.GuestIntake, map[string]string{"arrival": arrival}) })
	stay.After(2*time.Hour, func() {
		says("no", "false", 0)
		says("yes, before", "true", time.Minute)
		stay.HealthForm("form")
	})
	stay.After(3*time.Hour, func() {
		assert.Equal(t, "screening", status(t, stay).Stage, "the guest has said no since")
		says("yes, again", "true", 0)
	})
	stay.After(4*time.Hour, func() {
		assert.Equal(t, "clearance_review", status(t, stay).Stage)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}
