package appointment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

const id = "appt/A1"

// byTelephone is an appointment at 09:00 on 4 March in Mexico City (15:00 UTC),
// without a journey.
func byTelephone() appointment.Input {
	return appointment.Input{
		GuestRef: "g-1", CalendarID: "primary", Title: "PRG-07", Local: "2027-03-04T09:00:00", Zone: "America/Mexico_City",
		Duration: options.Duration(time.Hour),
		Contact:  appointment.Contact{Name: "Ana", Phone: "+525512345678", Email: "ana@example.com", Locale: "es"},
		Reminders: []programs.Reminder{
			{Name: "24h", Days: 1, Channels: []string{"sms", "email"}}, {Name: "1h", Before: options.Duration(time.Hour), Channels: []string{"sms"}},
		},
	}
}

func run(t *testing.T, stay *worldtest.Stay, input appointment.Input) appointment.Result {
	t.Helper()
	stay.ExecuteWorkflow(appointment.Type, input)
	require.NoError(t, stay.GetWorkflowError())
	var result appointment.Result
	require.NoError(t, stay.GetWorkflowResult(&result))
	return result
}

func TestAnAppointmentRunsAlone(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	result := run(t, stay, byTelephone())
	assert.Equal(t, "done", result.Stage)
	assert.Equal(t, 2, stay.World.Count("sms"))
	assert.Equal(t, 1, stay.World.Count("email"))
	assert.Equal(t, 1, stay.World.Count("hold"))
	assert.Zero(t, stay.World.Count("change"), "a place that is confirmed at once is written once")
}

func TestAHoldThatRunsOutGivesThePlaceBack(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	input := byTelephone()
	input.HoldUntil = time.Date(2027, 3, 2, 12, 0, 0, 0, time.UTC)
	result := run(t, stay, input)
	assert.Equal(t, "released", result.Stage)
	assert.Empty(t, stay.World.Places)
	assert.Zero(t, stay.World.Count("sms"))
}

func TestAReminderWhoseTimeHasPassedIsNotSent(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	input := byTelephone()
	// Booked at 06:00 local for 09:00 the same day: the 24 h reminder is past.
	input.Local = "2027-03-01T09:00:00"
	result := run(t, stay, input)
	assert.Equal(t, "done", result.Stage)
	assert.Equal(t, 1, stay.World.Count("sms"))
	assert.Zero(t, stay.World.Count("email"))
}

func TestAReminderThatFailsUntilTheStartIsGivenUp(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.World.Fail("sms", failure.NotProcessed, 100000)
	result := run(t, stay, byTelephone())
	assert.Equal(t, "done", result.Stage)
	assert.Zero(t, stay.World.Count("sms"))
	assert.Equal(t, 1, stay.World.Count("email"))
}

func TestAHoldSilencesReminders(t *testing.T) {
	for fireMissed, texts := range map[string]int{"": 1, "skip": 1, "send_now": 2} {
		t.Run(fireMissed, func(t *testing.T) {
			stay := worldtest.NewAlone(t, id)
			stay.After(36*time.Hour, func() {
				stay.Command(id, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("strike")}, nil)
			})
			// The 24 h reminder falls into the hold, the 1 h reminder after it.
			stay.After(70*time.Hour, func() {
				assert.Zero(t, stay.World.Count("sms"))
				stay.Command(id, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("over"), FireMissed: fireMissed}, nil)
			})
			result := run(t, stay, byTelephone())
			assert.Equal(t, "done", result.Stage)
			assert.Equal(t, texts, stay.World.Count("sms"))
		})
	}
}

func TestAHoldThatEndsBeforeTheRemindersCostsNone(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(24*time.Hour, func() {
		stay.Command(id, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("strike")}, nil)
	})
	stay.After(25*time.Hour, func() {
		stay.Command(id, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("over")}, nil)
	})
	result := run(t, stay, byTelephone())
	assert.Equal(t, "done", result.Stage)
	assert.Equal(t, 2, stay.World.Count("sms"))
}

func TestAfterACancelNothingIsSent(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(24*time.Hour, func() {
		stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("called"), By: "guest"}, func(outcome kit.Outcome) {
			assert.Contains(t, []string{"pending", "done"}, outcome.Status)
		})
	})
	result := run(t, stay, byTelephone())
	assert.Equal(t, "cancelled", result.Stage)
	assert.Zero(t, stay.World.Count("sms")+stay.World.Count("email"))
	assert.Empty(t, stay.World.Places)
}

func TestAPlaceWhoseHoldIsUnknownIsGivenBack(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	// The hold takes effect, and its answer is lost again and again.
	stay.World.Fail("hold", failure.Ambiguous, 100000)
	stay.After(time.Hour, func() {
		assert.Len(t, stay.World.Places, 1)
		stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("called"), By: "guest"}, nil)
	})
	result := run(t, stay, byTelephone())
	assert.Equal(t, "cancelled", result.Stage)
	assert.Empty(t, stay.World.Places)
}

func TestTwoReschedulesLeaveOneSetOfReminders(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	for at, start := range map[time.Duration]string{24 * time.Hour: "2027-03-06T09:00:00", 25 * time.Hour: "2027-03-08T10:00:00"} {
		stay.After(at, func() {
			stay.Command(id, kit.UpdateReschedule, kit.Reschedule{Envelope: worldtest.Operator("ill"), Start: start}, nil)
		})
	}
	result := run(t, stay, byTelephone())
	assert.Equal(t, 3, result.Revision)
	// Two messages of the new times, then the reminders of the last one.
	assert.Equal(t, 2+2, stay.World.Count("sms"))
	assert.Equal(t, 2+1, stay.World.Count("email"))
	assert.Equal(t, 2, stay.World.Count("change"))
}
