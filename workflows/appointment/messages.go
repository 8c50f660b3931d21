package appointment

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
)

// Type is the registered workflow type; its ID is appt/<id>.
const Type = "Appointment"

// Input starts an Appointment: by a journey as a child, or alone for a guest
// who booked by telephone.
type Input struct {
	Notify     string  `json:"notify,omitempty"` // the workflow that is told
	GuestRef   string  `json:"guestRef"`
	Contact    Contact `json:"contact"`
	CalendarID string  `json:"calendarId"`
	Title      string  `json:"title"` // a code; no name, no treatment
	// Local is the wall-clock start in Zone, "2027-03-02T09:00:00"; Plus is
	// added on the wall clock.
	Local      string              `json:"local"`
	Plus       options.Duration    `json:"plus,omitempty"`
	Zone       string              `json:"zone"`
	Duration   options.Duration    `json:"duration"`
	Reminders  []programs.Reminder `json:"reminders,omitempty"`
	QuietHours programs.QuietHours `json:"quietHours,omitzero"`
	// HoldUntil is when an unconfirmed place is released; zero confirms at once.
	HoldUntil time.Time `json:"holdUntil,omitzero"`
	// AttendanceAfter the end the appointment closes by itself; default 24 h.
	AttendanceAfter options.Duration  `json:"attendanceAfter,omitempty"`
	EmailTracking   programs.Tracking `json:"emailTracking,omitzero"`
	Pace            options.Pace      `json:"pace,omitzero"`
	ProgramCode     string            `json:"programCode,omitempty"`
	Test            bool              `json:"test,omitempty"`
	State           *State            `json:"state,omitempty"` // only continue-as-new sets it
}

// Contact is how the guest is reached.
type Contact struct {
	Name     string   `json:"name,omitempty"`
	Email    string   `json:"email,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Locale   string   `json:"locale,omitempty"`
	Zone     string   `json:"zone,omitempty"`     // the guest's; empty means the property's
	OptedOut []string `json:"optedOut,omitempty"` // closed channels: "sms", "email"
}

const (
	// SignalCommand carries a Command from the journey.
	SignalCommand = "appointment_command"
	// SignalReanchor carries a Reanchor: a zone's law has changed.
	SignalReanchor = "reanchor"
	// SignalUpdate is what an appointment sends to Input.Notify: an Update.
	SignalUpdate = "appointment_update"
)

// Command is what a journey asks of its appointment.
type Command struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`            // "confirm", "cancel", "reschedule", "hold", "release", "contact", "extend"
	Local string `json:"local,omitempty"` // reschedule
	// FireMissed of a release: "skip" or "send_now".
	FireMissed string `json:"fireMissed,omitempty"`
	// Contact replaces how the guest is reached.
	Contact *Contact `json:"contact,omitempty"`
	// Until is how long an "extend" keeps the unconfirmed place at least.
	Until time.Time `json:"until,omitzero"`
}

// Reanchor asks an appointment to compute its times again with the worker's
// present zone data: the wall-clock time is what was agreed, so the instant may
// move.
type Reanchor struct {
	ID string `json:"id"`
	// TZData is the release that must be used, such as "2026f"; a worker with
	// another one raises attention. Empty means any.
	TZData string `json:"tzdata,omitempty"`
}

// Update is what an appointment tells the journey.
type Update struct {
	ID string `json:"id"`
	// Kind: "held", "confirmed", "moved", "released" (hold ran out), "cancelled",
	// "started", "done", "opted_out".
	Kind     string    `json:"kind"`
	State    string    `json:"state"`
	Revision int       `json:"revision"`
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
	Local    string    `json:"local,omitempty"`
	Channel  string    `json:"channel,omitempty"` // opted_out
}
