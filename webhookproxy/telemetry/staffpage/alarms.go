package staffpage

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/workflows/session"
)

// recent is for how long an alarm that ended is still shown, if it may be that
// nobody has seen it.
const recent = 15 * time.Minute

// shownAlarm is an alarm as the page has it.
type shownAlarm struct {
	ID       string // of its element
	Session  string
	Room     string
	Alarm    string // its ID in the session
	Number   uint64 // of the last transition that is shown
	Title    string
	Priority string
	State    string // in words
	Waits    bool   // nobody has said that they see to it, or it is not known
	Told     bool   // the control plane has it, or will
	Since    time.Time
	Detail   string // who sees to it, who is called
	Orders   []order
}

// order is a command that the page offers, as the value of a button.
type order struct{ Label, Value, Name, ID string }

// current lists a session's alarms that somebody should know of now: those of the
// store, with what the control plane says of each, and those that it has itself.
// Times are shown in the zone of now.
func (f *follower) current(room string, said answer, now time.Time) []shownAlarm {
	views := map[string]session.AlarmView{}
	if said.known() {
		for _, view := range said.overview.Alarms {
			views[view.ID] = view
		}
	}
	var list []shownAlarm
	add := func(shown shownAlarm, show bool) {
		if show {
			shown.Session, shown.Room, shown.Since = f.name, room, shown.Since.In(now.Location())
			shown.ID = keyOf(f.name) + "-" + keyOf(shown.Alarm)
			list = append(list, shown)
		}
	}
	for id, last := range f.alarms {
		view, has := views[id]
		switch {
		case has && uint64(max(0, view.Number)) >= last.Number:
			shown, show := ofControl(view, now)
			shown.Title, shown.Since = titleOf(last.Code, string(last.Origin)), last.Since // the control plane has what a page says
			add(shown, show)
		default:
			add(ofStore(last, said, now))
		}
		delete(views, id)
	}
	for _, view := range views {
		shown, show := ofControl(view, now)
		add(shown, show)
	}
	for _, active := range f.view.Alarms {
		last, told := f.alarms[active.Alarm]
		add(shownAlarm{
			Alarm: active.Alarm, Title: titleOf(active.Code, string(active.Origin)), Priority: active.Priority.String(),
			State: "Seen by this page only: not recorded, nobody is paged", Waits: true, Since: active.Since,
		}, (!told || last.Change == detector.Cleared) && now.Sub(active.Since) > unrecorded)
	}
	slices.SortFunc(list, moreUrgent)
	for i := range list {
		list[i].Orders = ordersOf(list[i], lastCommand(said.overview))
	}
	return list
}

// ofNobody lists the alarms about devices that no session has. No SessionMonitor
// knows them, so they cannot be acknowledged; they end when the device is assigned.
func (f *follower) ofNobody(now time.Time) []shownAlarm {
	var list []shownAlarm
	for id, last := range f.alarms {
		if last.Change == detector.Cleared {
			continue
		}
		list = append(list, shownAlarm{
			ID: keyOf(f.name) + "-" + keyOf(id), Alarm: id, Room: "unknown", Title: titleOf(last.Code, string(last.Origin)), Priority: last.Priority.String(),
			State: "From a device that no session has", Waits: true, Since: last.Since.In(now.Location()),
		})
	}
	return list
}

// unrecorded is how long an owner may need to record what this page's detector
// finds too. Longer, and the session may have none.
const unrecorded = 10 * time.Second

// ofControl is an alarm that the control plane knows as well as the store does.
func ofControl(view session.AlarmView, now time.Time) (shownAlarm, bool) {
	shown := shownAlarm{
		Alarm: view.ID, Number: uint64(max(0, view.Number)), Title: titleOf(view.Code, view.Origin), Priority: string(view.Priority), Since: view.At,
		Told: true,
	}
	switch view.State {
	case session.StateCleared:
		return shown, false
	case session.StateLatched:
		shown.State, shown.Waits = "Ended, and nobody has acknowledged it", true
	case session.StateAcknowledged:
		shown.State = "Acknowledged"
	default:
		shown.State, shown.Waits = "Raised", true
	}
	shown.Detail = detailOf(view, now.Location())
	return shown, true
}

// detailOf says who sees to an alarm, or how people are called to it.
func detailOf(view session.AlarmView, zone *time.Location) string {
	clock := func(at time.Time) string { return at.In(zone).Format(time.TimeOnly) }
	if by := view.Acknowledged; by != nil && view.State == session.StateAcknowledged {
		return fmt.Sprintf("by %s (%s) at %s", by.By, by.Role, clock(by.At))
	}
	detail := "nobody paged yet"
	if view.Rung > 0 {
		detail = fmt.Sprintf("ladder: rung %d paged", view.Rung)
	}
	if !view.Due.IsZero() {
		detail += ", next page at " + clock(view.Due)
	}
	return detail
}

// ofStore is an alarm of which the control plane has said nothing yet. One that has
// ended is shown too, if it was critical: perhaps nobody has seen it.
func ofStore(last detector.Transition, said answer, now time.Time) (shownAlarm, bool) {
	shown := shownAlarm{
		Alarm: last.Alarm, Number: last.Number, Title: titleOf(last.Code, string(last.Origin)), Priority: last.Priority.String(),
		Since: last.Since, Waits: true, Told: true,
	}
	ended := last.Change == detector.Cleared
	shown.State = "Raised"
	if ended {
		shown.State = "Ended"
	}
	switch {
	case said.known():
		shown.Detail = "the control plane does not have it yet"
	case said.asked.IsZero():
		shown.Detail = "asking who has acknowledged it"
	default:
		shown.Detail = "acknowledgement unknown"
	}
	return shown, !ended || last.Priority == detector.Critical && now.Sub(last.At) < recent
}

var ranks = map[string]int{string(session.Critical): 3, string(session.Warning): 2, string(session.Low): 1}

// moreUrgent orders alarms: by priority, what waits first, then the oldest.
func moreUrgent(a, b shownAlarm) int {
	waits := map[bool]int{true: 1}
	return cmp.Or(
		cmp.Compare(ranks[b.Priority], ranks[a.Priority]),
		cmp.Compare(waits[b.Waits], waits[a.Waits]),
		a.Since.Compare(b.Since),
		cmp.Compare(a.ID, b.ID),
	)
}

// sounding is the priority of the sound for a session's alarms; empty is none.
func sounding(alarms []shownAlarm, said answer, now time.Time) string {
	highest := ""
	for _, alarm := range alarms {
		if alarm.Waits && ranks[alarm.Priority] > ranks[highest] {
			highest = alarm.Priority
		}
	}
	if pause := said.overview.AudioPaused; pausedNow(said, now) && ranks[highest] <= ranks[string(pause.Upto)] {
		return ""
	}
	return highest
}

// pausedNow goes by the last answer, whether or not there is one now: a pause ends
// by the clock.
func pausedNow(said answer, now time.Time) bool { return now.Before(said.overview.AudioPaused.Until) }
