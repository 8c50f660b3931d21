package worldtest

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// Medical is the retreat with medicine: a questionnaire and a clinician's
// clearance come before the offer.
func Medical() programs.Program {
	program := Retreat()
	program.Stages = []string{
		"captured", "conversing", "screening", "clearance_review", "offer", "deposit_pending", "booked", "pre_arrival", "in_program", "aftercare",
	}
	program.Deadlines.Screening, program.Deadlines.ScreeningNudge = days(10), days(3)
	program.Deadlines.ClearanceReview = days(2)
	program.Deadlines.ClearanceChecks = []options.Duration{days(14), days(3)}
	program.Deadlines.CheckIn, program.Deadlines.NoShowGrace = options.Duration(4*time.Hour), days(1)
	return program
}

// HealthForm sends a complete questionnaire.
func (s *Stay) HealthForm(id string) {
	s.Guest(id, journey.GuestHealth, map[string]string{"ref": "form-" + id, "complete": "true"})
}

// Clinician is an envelope for tests.
func Clinician(reason string) kit.Envelope {
	return kit.Envelope{Actor: "dr-sol", Role: "clinician", Reason: reason}
}

// Clear lets a clinician clear the guest until a day.
func (s *Stay) Clear(until time.Time) {
	s.Command(JourneyID, "approve_clearance", map[string]any{
		"actor": "dr-sol", "role": "clinician", "reason": "read the questionnaire",
		"decision": "cleared", "validUntil": until, "evidenceRef": "task-1",
	}, nil)
}
