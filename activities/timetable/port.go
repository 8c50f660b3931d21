// Package timetable computes wall-clock times in an activity, because workflow
// code must not read zone files: two workers with different zone data would
// diverge on replay. Every answer records the zone data's version.
//
// Called by GuestJourney and Appointment. It owns the rules for clock changes
// (a time that does not exist moves to the next valid one, an ambiguous one is
// the first), for the days before a date, and for quiet hours: of a guest whose
// zone is not known, everywhere that their phone number may be.
package timetable

import (
	"context"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
)

// Prefix of the registered activity names.
const Prefix = "timetable."

// Request asks for the instants of one appointment.
type Request struct {
	// Local is the wall-clock start, "2027-03-02T09:00:00", in Zone; an
	// RFC 3339 time with an offset is taken as that instant.
	Local string `json:"local"`
	// Plus is added on the wall clock: whole days keep the time of day.
	Plus     options.Duration `json:"plus,omitempty"`
	Zone     string           `json:"zone"` // the property's
	Duration options.Duration `json:"duration"`
	// GuestZone is empty where it is not known; then every zone that Phone
	// (canonical, E.164) may be in counts for quiet hours, else the property's.
	GuestZone string              `json:"guestZone,omitempty"`
	Phone     string              `json:"phone,omitempty"`
	Reminders []programs.Reminder `json:"reminders,omitempty"`
	// QuietHours hold texts back: an SMS reminder that falls into them moves to
	// the last minute before they begin; e-mail is sent at any time.
	QuietHours programs.QuietHours `json:"quietHours,omitzero"`
	// TextAfter asks for Times.TextAt: when a text may go from then on.
	TextAfter time.Time `json:"textAfter,omitzero"`
}

// Times are the computed instants, in UTC.
type Times struct {
	Start     time.Time      `json:"start"`
	End       time.Time      `json:"end"`
	Local     string         `json:"local"` // the start as printed for the guest, with zone name
	Zone      string         `json:"zone"`
	ZoneData  string         `json:"zoneData"` // version of the zone database
	Reminders []ReminderTime `json:"reminders,omitempty"`
	TextAt    time.Time      `json:"textAt,omitzero"`
	// TextZones and TextBasis say whose quiet hours were kept; see the bases.
	TextZones []string `json:"textZones,omitempty"`
	TextBasis string   `json:"textBasis,omitempty"`
}

// ReminderTime is when one reminder goes out on one channel.
type ReminderTime struct {
	Name    string    `json:"name"`
	Channel string    `json:"channel"`
	At      time.Time `json:"at"`
}

// Activities are the registered activities of the timetable.
type Activities struct{}

// Compute is the activity behind the helper of the same name.
func (a *Activities) Compute(_ context.Context, request Request) (Times, error) {
	times, err := Calculate(request)
	return times, failure.ToTemporal(err)
}

// Compute schedules the computation of an appointment's instants.
func Compute(ctx workflow.Context, request Request) options.Result[Times] {
	return options.Read[Request, Times](ctx, options.Inside, options.QueueJourneys, Prefix+"Compute", "compute local times", request)
}
