package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/directory"
	"guestjourney/activities/programs"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

// The clock starts at six in the morning where the house and its guests are.
func byNight() programs.Program {
	program := worldtest.Retreat()
	program.QuietHours = programs.QuietHours{From: "21:00", To: "08:00"}
	return program
}

func TestByNightAMailIsEnough(t *testing.T) {
	stay := worldtest.NewStay(t, byNight())
	stay.After(time.Hour, func() {
		assert.Equal(t, 1, stay.World.Count("email"))
		assert.Equal(t, "conversing", status(t, stay).Stage, "the journey does not wait for the morning")
	})
	stay.After(3*time.Hour, func() {
		assert.Zero(t, stay.World.Count("sms"), "the guest has read the mail")
		stay.Intake("2027-06-01T15:00:00")
	})
	stay.After(4*time.Hour, func() {
		assert.Equal(t, 1, stay.World.Count("sms"), "by day both are used")
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestByNightAGuestWithoutAddressIsTextedInTheMorning(t *testing.T) {
	stay := worldtest.NewStay(t, byNight())
	stay.After(119*time.Minute, func() { assert.Zero(t, stay.World.Count("sms")) })
	stay.After(121*time.Minute, func() { assert.Equal(t, 1, stay.World.Count("sms")) })

	stay.ExecuteWorkflow(journey.Type, journey.Input{Program: "retreat-7d", Lead: directory.Lead{Phone: "+525512345678", FirstName: "Ana"}})

	require.NoError(t, stay.GetWorkflowError())
}
