package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"guestjourney/workflows/kit"
)

// Overview answers the query "status".
type Overview struct {
	Stage string    `json:"stage"`
	Since time.Time `json:"since"`
	// LatestEnd is when the session ends by itself, or looks again whether it can.
	LatestEnd   time.Time       `json:"latestEnd"`
	GuestRef    string          `json:"guestRef"`
	Room        string          `json:"room"`
	Device      string          `json:"device"`
	Responsible string          `json:"responsible,omitempty"`
	Protocol    string          `json:"protocol"`
	Thresholds  json.RawMessage `json:"thresholds,omitempty"`
	QTcBaseline float64         `json:"qtcBaseline,omitempty"`
	Alarms      []AlarmView     `json:"alarms"`
	// AudioPaused is until when, and up to which priority, alarms make no sound.
	AudioPaused   Pause          `json:"audioPaused,omitzero"`
	Pages         []Page         `json:"pages"`
	LastNumber    int            `json:"lastNumber"`
	Missing       []Gap          `json:"missing,omitempty"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Attention     []string       `json:"attention,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Commands      []kit.Outcome  `json:"commands,omitempty"`
}

// States of an alarm.
const (
	StateRaised       = "raised"
	StateLatched      = "latched" // it was critical and is over, and nobody has acknowledged it
	StateAcknowledged = "acknowledged"
	StateCleared      = "cleared"
)

// AlarmView is an alarm as people see it.
type AlarmView struct {
	ID       string   `json:"id"`
	Code     string   `json:"code"`
	Origin   string   `json:"origin"`
	State    string   `json:"state"`
	Priority Priority `json:"priority"`
	Episode  int      `json:"episode"`
	// Number is the last transition that has come, and At when it was found.
	Number       int              `json:"number"`
	At           time.Time        `json:"at"`
	Acknowledged *Acknowledgement `json:"acknowledged,omitempty"`
	// Rung is how many rungs of the ladder were paged.
	Rung int       `json:"rung,omitempty"`
	Due  time.Time `json:"due,omitzero"` // of the next page
}

func (a *Alarm) state() string {
	switch {
	case a.waits() && a.Active:
		return StateRaised
	case a.waits():
		return StateLatched
	case a.Active:
		return StateAcknowledged
	}
	return StateCleared
}

// priority is that of the condition; a latched alarm stays critical.
func (a *Alarm) priority() Priority {
	if a.presses() {
		return Critical
	}
	return a.Priority
}

func (a *Alarm) view() AlarmView {
	return AlarmView{
		ID: a.ID, Code: a.Code, Origin: a.Origin, State: a.state(), Priority: a.priority(), Episode: a.Episode,
		Number: a.Number, At: a.At, Acknowledged: a.Acknowledged, Rung: a.Call.Rung, Due: a.Call.Due,
	}
}

func (m *monitor) overview() Overview {
	view := Overview{
		Stage: m.state.Stage, Since: m.state.Since, LatestEnd: m.state.LatestEnd, GuestRef: m.input.GuestRef, Room: m.input.Room,
		Device: m.state.Device, Responsible: m.state.Responsible, Protocol: m.input.Protocol.Code, Thresholds: m.input.Protocol.Thresholds,
		QTcBaseline: m.input.QTcBaseline, Alarms: []AlarmView{}, AudioPaused: m.state.Audio, Pages: []Page{},
		LastNumber: m.state.Numbers.Last, Missing: m.state.Numbers.Missing, WaitsFor: m.core.WaitsFor(),
		Attention: m.state.Common.Attention, NextDeadlines: m.nextDeadlines(), Commands: m.state.Common.Outcomes,
	}
	for _, a := range m.state.Alarms {
		view.Alarms = append(view.Alarms, a.view())
	}
	for _, page := range m.state.Pages {
		view.Pages = append(view.Pages, *page)
	}
	return view
}

// nextDeadlines adds the next page of every alarm. Search attributes do not show
// it: it would be an event for every rung.
func (m *monitor) nextDeadlines() []kit.Deadline {
	list := m.core.NextDeadlines()
	for _, a := range m.state.Alarms {
		if a.Call.Due.IsZero() {
			continue
		}
		consequence := "the next rung is paged"
		if !a.waits() || !a.Call.climbs() {
			consequence = "the alarm calls again if its condition lasts"
		}
		list = append(list, kit.Deadline{
			Name: fmt.Sprintf("alarm of transition %d", a.Number), At: a.Call.Due, Class: kit.ClassInternal, Consequence: consequence,
		})
	}
	slices.SortStableFunc(list, func(a, b kit.Deadline) int { return a.At.Compare(b.At) })
	return list
}
