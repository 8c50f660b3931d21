package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

// Kinds of an event besides those of session.Entry.
const (
	kindTransition = "transition"
	// kindFallback is a page to the failsafe recipient that the telemetry process
	// made itself, since the workflow had not in time.
	kindFallback = "fallback_page"
)

// event is a line of the alarm log: a change of an alarm, or what people did.
type event struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Number int       `json:"number,omitzero"`
	// Of a transition.
	Alarm    string    `json:"alarm,omitzero"`
	Code     string    `json:"code,omitzero"`
	Origin   string    `json:"origin,omitzero"`
	Change   string    `json:"change,omitzero"`
	Priority string    `json:"priority,omitzero"`
	Episode  int       `json:"episode,omitzero"`
	Since    time.Time `json:"since,omitzero"`
	PageKey  string    `json:"pageKey,omitzero"`
	HandedAt time.Time `json:"handedAt,omitzero"` // first page to a provider
	// Unreadable: the key ring could not open it. At is then when it was stored.
	Unreadable bool `json:"unreadable,omitzero"`
	// Of what people did.
	Person  string `json:"person,omitzero"`
	Role    string `json:"role,omitzero"`
	Channel string `json:"channel,omitzero"`
	Outcome string `json:"outcome,omitzero"`
	Detail  string `json:"detail,omitzero"`
}

// transitions reads all of the session's changes of alarms, in order.
func (e *export) transitions(ctx context.Context) (all []event, err error) {
	for above := uint64(0); ; {
		found, err := e.source.Transitions(ctx, e.session.Session, above, pageOf)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			all = append(all, ofTransition(one)...)
			above = one.Number
		}
		if len(found) < pageOf {
			return all, nil
		}
	}
}

func ofTransition(one store.Entry) []event {
	var t detector.Transition
	found := event{Kind: kindTransition, Number: int(one.Number), PageKey: one.PageKey, HandedAt: one.HandedAt}
	if one.Unreadable != nil || json.Unmarshal(one.Payload, &t) != nil {
		found.At, found.Unreadable = one.CreatedAt.UTC(), true
	} else {
		found.At, found.Alarm, found.Code, found.Origin = t.At.UTC(), t.Alarm, t.Code, string(t.Origin)
		found.Change, found.Priority, found.Episode, found.Since = string(t.Change), t.Priority.String(), t.Episode, t.Since.UTC()
	}
	if !one.Fallback {
		return []event{found}
	}
	return []event{found, {At: one.HandedAt.UTC(), Kind: kindFallback, Number: found.Number, PageKey: one.PageKey, Outcome: session.Handed}}
}

func ofEntry(one session.Entry) event {
	return event{
		At: one.At.UTC(), Kind: one.Kind, Number: one.Number, Person: one.Person, Role: one.Role,
		Channel: one.Channel, Outcome: one.Outcome, Detail: one.Detail,
	}
}

// inOrder merges both logs by time. At the same instant the alarm comes first.
func inOrder(transitions []event, log []session.Entry) []event {
	all := slices.Clone(transitions)
	for _, one := range log {
		all = append(all, ofEntry(one))
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.At.Compare(b.At) })
	return all
}

// window is the time for which the condition of an alarm lasted.
type window struct {
	Alarm, Code, Origin string
	Episode             int
	Highest             detector.Priority
	Since, From, To     time.Time // Since is when the condition began, From when it was found
	Open                bool      // it lasts; To is the end of the record
	Changes             []event   // its transitions
	Acknowledged        []event
}

// windowsOf makes windows of transitions, in the order in which they were raised.
func windowsOf(transitions []event, log []session.Entry, end time.Time) []window {
	var all []*window
	open := map[string]*window{}
	for _, t := range transitions {
		if t.Kind != kindTransition || t.Unreadable {
			continue
		}
		w := open[t.Alarm]
		if w == nil {
			w = &window{Alarm: t.Alarm, Code: t.Code, Origin: t.Origin, Episode: t.Episode, Since: t.Since, From: t.At, To: end, Open: true}
			all, open[t.Alarm] = append(all, w), w
		}
		w.Highest = max(w.Highest, priorityOf(t))
		w.Changes = append(w.Changes, t)
		if detector.Change(t.Change) == detector.Cleared {
			w.To, w.Open = t.At, false
			delete(open, t.Alarm)
		}
	}
	return withAcknowledgements(all, log)
}

func priorityOf(t event) (priority detector.Priority) {
	if priority.UnmarshalText([]byte(t.Priority)) != nil {
		return 0 // of a form that does not tell it
	}
	return priority
}

// withAcknowledgements gives each to the window whose transition it is about.
func withAcknowledgements(windows []*window, log []session.Entry) []window {
	about := map[int]*window{}
	for _, w := range windows {
		for _, change := range w.Changes {
			about[change.Number] = w
		}
	}
	for _, one := range log {
		if w := about[one.Number]; w != nil && one.Kind == session.EntryAcknowledged {
			w.Acknowledged = append(w.Acknowledged, ofEntry(one))
		}
	}
	all := make([]window, len(windows))
	for i, w := range windows {
		all[i] = *w
	}
	slices.SortStableFunc(all, func(a, b window) int { return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Alarm, b.Alarm)) })
	return all
}
