package appointment

import (
	"time"

	"guestjourney/activities/timetable"
	"guestjourney/workflows/kit"
)

// Stages of an appointment.
const (
	StageHolding   = "holding"   // the place is being taken
	StageHeld      = "held"      // the place is taken, not yet confirmed
	StageConfirmed = "confirmed" // reminders run
	StageStarted   = "started"
	StageReleasing = "releasing" // the place is given back
	StageDone      = "done"
	StageCancelled = "cancelled"
	StageReleased  = "released" // the hold ran out
)

// State is what an appointment knows; it is also its continue-as-new input.
type State struct {
	Common kit.Common `json:"common"`
	Stage  string     `json:"stage"`
	Since  time.Time  `json:"since"`
	// Revision counts reschedules; reminders and calendar writes carry it.
	Revision int    `json:"revision"`
	Local    string `json:"local"` // the wall-clock start of this revision
	// Times of this revision, computed by an activity.
	Times *timetable.Times `json:"times,omitempty"`
	// Reminders of this revision that are still to come, soonest first.
	Reminders []timetable.ReminderTime `json:"reminders,omitempty"`
	Contact   Contact                  `json:"contact"`
	Confirm   bool                     `json:"confirm,omitempty"`
	// End is why the place is given back: "cancelled" or "released".
	End string `json:"end,omitempty"`
	// Move is the reschedule that waits to be done.
	Move *Move `json:"move,omitempty"`
	// Known is the start that the guest was told last.
	Known time.Time `json:"known,omitzero"`
	// MovedAt is when the guest's knowledge became old: the first move that
	// nobody has told them of.
	MovedAt time.Time `json:"movedAt,omitzero"`
	// Announce are the messages that tell of the present revision and that are
	// still to be sent, one a channel.
	Announce []timetable.ReminderTime `json:"announce,omitempty"`
	// Reanchor waits to be done; Anchors counts those that moved the start.
	Reanchor *Reanchor `json:"reanchor,omitempty"`
	Anchors  int       `json:"anchors,omitempty"`
	EndedBy  string    `json:"endedBy,omitempty"` // command ID
	Reported []string  `json:"reported,omitempty"`
}

// Move is a wanted reschedule.
type Move struct {
	Local     string `json:"local"`
	CommandID string `json:"commandId,omitempty"`
}

// Result is what a closed appointment returns.
type Result struct {
	Stage    string `json:"stage"`
	Revision int    `json:"revision"`
}
