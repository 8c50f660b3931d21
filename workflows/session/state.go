package session

import (
	"encoding/json"
	"slices"
	"time"

	"guestjourney/activities/paging"
	"guestjourney/workflows/kit"
)

// Stages of a SessionMonitor.
const (
	StageWatching = "watching"
	StageEnding   = "ending" // it ends when no page is under way and every critical alarm was seen
	StageEnded    = "ended"
)

// Bounds of what travels along.
const (
	maxAlarms = 200 // those that are over go first
	maxPages  = 200
)

// State is what a SessionMonitor knows; it travels through continue-as-new.
type State struct {
	Common kit.Common `json:"common"`
	Stage  string     `json:"stage"`
	Since  time.Time  `json:"since"`
	// LatestEnd is when the session ends by itself, or looks again whether it can.
	LatestEnd time.Time `json:"latestEnd"`
	How       string    `json:"how,omitempty"` // how it ends, once that is decided
	StartedAt time.Time `json:"startedAt"`
	Device    string    `json:"device"`
	// AssignedAt is since when the device is the session's.
	AssignedAt time.Time `json:"assignedAt"`
	// Heard counts how often the telemetry process has said that it watches again.
	Heard int `json:"heard,omitempty"`
	// Unwatched: it was told that the session is over.
	Unwatched bool `json:"unwatched,omitempty"`
	// Responsible is who the session was handed over to last.
	Responsible string  `json:"responsible,omitempty"`
	Numbers     Numbers `json:"numbers,omitzero"`
	// Alarms are in the order in which they were raised first.
	Alarms []*Alarm `json:"alarms,omitempty"`
	Audio  Pause    `json:"audio,omitzero"`
	// Ladder is whom to page, as it was read last.
	Ladder []paging.Rung `json:"ladder,omitempty"`
	Pages  []*Page       `json:"pages,omitempty"` // the last ones
	// Log is for the written record; LogDropped counts the oldest lines, which it had
	// no room for.
	Log        []Entry `json:"log,omitempty"`
	LogDropped int     `json:"logDropped,omitempty"`
	// Filing is the log of the record that is being filed at the end, and Record where
	// it is. Records counts those that were asked for before.
	Filing  json.RawMessage `json:"filing,omitempty"`
	Record  string          `json:"record,omitempty"`
	Records int             `json:"records,omitempty"`
	// Updates are yet to be told to the journey.
	Updates []Update `json:"updates,omitempty"`
	// Counters; they name calls and pages, and are part of the result.
	Calls       int `json:"calls,omitempty"`
	Paged       int `json:"paged,omitempty"`
	Transitions int `json:"transitions,omitempty"`
	Criticals   int `json:"criticals,omitempty"`
}

// Alarm is one alarm, over every time it is raised.
type Alarm struct {
	ID       string   `json:"id"`
	Code     string   `json:"code"`
	Origin   string   `json:"origin"`
	Priority Priority `json:"priority"` // of the condition; when it has ended, the last one
	Active   bool     `json:"active,omitempty"`
	// Latched: it was critical, and nobody has acknowledged it since.
	Latched bool `json:"latched,omitempty"`
	Episode int  `json:"episode"`
	// Number is the highest transition that has come, and At its time.
	Number       int              `json:"number"`
	At           time.Time        `json:"at"`
	Acknowledged *Acknowledgement `json:"acknowledged,omitempty"`
	// Unanswered: the failsafe recipient was paged, and still nobody came.
	Unanswered bool `json:"unanswered,omitempty"`
	Call       Call `json:"call"`

	called bool // its own routine runs
}

// Acknowledgement is who sees to an alarm.
type Acknowledgement struct {
	By   string    `json:"by"`
	Role string    `json:"role"`
	At   time.Time `json:"at"`
}

// waits says whether the alarm waits for somebody to acknowledge it.
func (a *Alarm) waits() bool { return a.Acknowledged == nil && (a.Active || a.Latched) }

// over says that nothing more happens unless it is raised again.
func (a *Alarm) over() bool { return !a.Active && !a.Latched }

// presses says that the session cannot end: a critical alarm, and nobody has
// said that they see to it.
func (a *Alarm) presses() bool { return a.Latched && a.Acknowledged == nil }

// Pause silences the sound of alarms up to a priority.
type Pause struct {
	Until time.Time `json:"until,omitzero"`
	Upto  Priority  `json:"upto,omitempty"`
	By    string    `json:"by,omitempty"`
}

// Page is one page to one person by one channel.
type Page struct {
	Number  int            `json:"number"` // names its effect
	About   int            `json:"about"`  // the transition
	Rung    int            `json:"rung"`   // from 1
	Person  string         `json:"person"`
	Channel paging.Channel `json:"channel"`
	At      time.Time      `json:"at"`
	// Outcome is "" while it is under way.
	Outcome string `json:"outcome,omitempty"`
	// HandedAt is when the provider had it.
	HandedAt time.Time `json:"handedAt,omitzero"`
	Reason   string    `json:"reason,omitempty"` // a code
}

// Outcomes of a page.
const (
	Handed        = "handed"
	Undeliverable = "undeliverable"
	Failed        = "failed"
	// Recalled: the alarm was acknowledged, or was over, before it was known whether
	// the page went out; it is not tried again.
	Recalled = "recalled"
)

func (p Priority) rank() int { return slices.Index([]Priority{Low, Warning, Critical}, p) }

// alarm finds an alarm, or begins one.
func (s *State) alarm(id string) *Alarm {
	if known := s.find(id); known != nil {
		return known
	}
	if len(s.Alarms) >= maxAlarms {
		if i := slices.IndexFunc(s.Alarms, (*Alarm).over); i >= 0 {
			s.Alarms = slices.Delete(s.Alarms, i, i+1)
		}
	}
	s.Alarms = append(s.Alarms, &Alarm{ID: id})
	return s.Alarms[len(s.Alarms)-1]
}

func (s *State) find(id string) *Alarm {
	i := slices.IndexFunc(s.Alarms, func(a *Alarm) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return s.Alarms[i]
}

// some says whether there is such an alarm.
func (s *State) some(is func(*Alarm) bool) bool { return slices.ContainsFunc(s.Alarms, is) }
