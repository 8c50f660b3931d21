package detector

import (
	"fmt"
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// Priority is how urgent an alarm is.
type Priority uint8

// Priorities. Warning and critical are the mission's words for what IEC 60601-1-8
// calls medium and high.
const (
	Low Priority = iota + 1
	Warning
	Critical
)

var priorityNames = []string{"none", "low", "warning", "critical"}

// String returns "low", "warning" or "critical".
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return priorityNames[0]
}

// MarshalText implements encoding.TextMarshaler.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Priority) UnmarshalText(text []byte) error {
	found := slices.Index(priorityNames, string(text))
	if found < 0 {
		return fmt.Errorf("alarm priority: want one of %q", priorityNames)
	}
	*p = Priority(found)
	return nil
}

// ofMonitor keeps the order of the monitor's three priorities.
var ofMonitor = map[reading.Priority]Priority{reading.Low: Low, reading.Medium: Warning, reading.High: Critical}

// Origin is who found the condition, and about what.
type Origin string

// Origins.
const (
	Physiological Origin = "physiological" // found here, about the guest
	Technical     Origin = "technical"     // found here, about the watching itself
	Monitor       Origin = "monitor"       // reported by the monitor
)

// Change is what happened to an alarm.
type Change string

// Changes. An alarm eases when its critical condition has ended and its warning
// condition lasts.
const (
	Raised    Change = "raised"
	ReRaised  Change = "re-raised" // after it was cleared
	Escalated Change = "escalated"
	Eased     Change = "eased"
	Cleared   Change = "cleared"
)

// Transition is one change of one alarm. Alarm and Number together name it for
// good, whoever sends it on how often.
type Transition struct {
	Number   uint64    `json:"number"` // in the session, from 1
	Alarm    string    `json:"alarm"`  // ID in the session: the same for every time it is raised
	Code     string    `json:"code"`   // what it is, without who found it
	Origin   Origin    `json:"origin"`
	Change   Change    `json:"change"`
	Priority Priority  `json:"priority"` // after the change; when cleared, the one before
	Episode  int       `json:"episode"`  // how many times it was raised by now, from 1
	Since    time.Time `json:"since"`    // when the condition began, by the caller's clock; a monitor's alarm: its start, unchanged
	At       time.Time `json:"at"`       // when it was found, by the caller's clock
}

// report is what has been told about an alarm.
type report struct {
	Active   bool      `json:"active,omitzero"`
	Priority Priority  `json:"priority,omitzero"`
	Episode  int       `json:"episode,omitzero"`
	Since    time.Time `json:"since,omitzero"`
}

// become tells the change to a priority, or to none; false if there is no change.
func (r *report) become(priority Priority, since time.Time) (Change, bool) {
	var change Change
	switch {
	case !r.Active && priority == 0 || r.Active && r.Priority == priority:
		return "", false
	case priority == 0:
		r.Active = false // the priority stays, for the transition
		return Cleared, true
	case !r.Active && r.Episode == 0:
		change = Raised
	case !r.Active:
		change = ReRaised
	case priority > r.Priority:
		change = Escalated
	default:
		change = Eased
	}
	if !r.Active {
		r.Active, r.Since = true, since
		r.Episode++
	}
	r.Priority = priority
	return change, true
}
