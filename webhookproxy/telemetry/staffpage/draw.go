package staffpage

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/workflows/session"
)

// picture is everything at one instant, drawn once for all who look: the pages and
// the streams only copy it. Nothing in it depends on who looks.
type picture struct {
	At    time.Time
	Parts map[string]template.HTML // by their element's ID
	Order []string                 // keys of the sessions
	Cards map[string]template.HTML // whole, by the session's key
	Sound string                   // the priority that sounds; empty is none
	News  []news                   // what a screen reader is told, once each
}

type news struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// newsFor is for how long a change is news.
const newsFor = 10 * time.Second

// IDs of the parts that are no session's.
const (
	partNotices = "notices"
	partAlarms  = "alarms"
)

// cardParts are the pieces of a card, each of which changes at a pace of its own.
var cardParts = []string{"head", "values", "trend", "ecg", "log"}

func partOf(key, name string) string { return key + "-" + name }

// shownSession is a card.
type shownSession struct {
	Key, Name, Room, Guest, Device, Responsible string
	Top                                         *shownAlarm // the most urgent alarm
	More                                        int         // alarms besides
	Paused                                      string      // until when the audio is
	PausedBy                                    string
	Signal                                      string
	Values                                      []shownValue
	Trends                                      []drawing
	ECG                                         *shownECG
	Log                                         []shownChange
	Orders                                      []order
	Notices                                     []string
}

type shownChange struct {
	At                      time.Time
	Title, Change, Priority string
}

// draw makes the picture. Cards are in the order of their rooms, and stay there:
// a card that moves is pressed by mistake.
func (w *ward) draw(now time.Time) *picture {
	now = now.In(w.config.Roster().Zone())
	drawn := &picture{At: now, Order: []string{}, Parts: map[string]template.HTML{}, Cards: map[string]template.HTML{}}
	alarms := w.nobody.ofNobody(now)
	drawn.Sound = sounding(alarms, answer{}, now)
	cards := make([]shownSession, 0, len(w.sessions))
	for _, one := range w.inOrder() {
		said := w.control.of(one.name)
		own := one.current(roomOf(one, said), said, now)
		sound := sounding(own, said, now)
		if ranks[sound] > ranks[drawn.Sound] {
			drawn.Sound = sound
		}
		alarms = append(alarms, own...)
		cards = append(cards, one.card(said, own, now))
		drawn.News = append(drawn.News, one.newsOf(roomOf(one, said), now)...)
	}
	slices.SortFunc(alarms, moreUrgent)
	slices.SortStableFunc(cards, func(a, b shownSession) int {
		return cmp.Or(cmp.Compare(len(a.Room), len(b.Room)), strings.Compare(a.Room, b.Room)) // 9 before 10
	})
	drawn.Parts[partAlarms] = part("alarms", alarms)
	drawn.Parts[partNotices] = part("notices", w.notices(cards))
	for _, card := range cards {
		drawn.add(card)
	}
	return drawn
}

func (d *picture) add(card shownSession) {
	parts := map[string]template.HTML{}
	for _, name := range cardParts {
		parts[name] = part(name, card)
		d.Parts[partOf(card.Key, name)] = parts[name]
	}
	d.Order = append(d.Order, card.Key)
	d.Cards[card.Key] = part("card", map[string]any{"Key": card.Key, "Room": card.Room, "Parts": parts})
}

// roomOf is the name of the session where nobody has said a room.
func roomOf(f *follower, said answer) string {
	return cmp.Or(said.overview.Room, f.room, strings.TrimPrefix(f.name, session.IDPrefix))
}

func (f *follower) card(said answer, alarms []shownAlarm, now time.Time) shownSession {
	room := roomOf(f, said)
	card := shownSession{
		Key: keyOf(f.name), Name: strings.TrimPrefix(f.name, session.IDPrefix), Room: room,
		Guest: cmp.Or(said.overview.GuestRef, "unknown"), Device: f.device, Responsible: f.responsible(said),
		More: max(0, len(alarms)-1), Signal: f.signal(), Values: f.show(now), Trends: f.trends.show(now, f.config.Protocol),
		ECG: f.ecg.show(now.Add(-f.trends.offset)), Notices: f.problems(said),
		Orders: sessionOrders(f.name, room, lastCommand(said.overview), sounding(alarms, said, now) != ""),
	}
	if len(alarms) > 0 {
		card.Top = &alarms[0]
	}
	if pausedNow(said, now) {
		pause := said.overview.AudioPaused
		card.Paused, card.PausedBy = pause.Until.In(now.Location()).Format(time.TimeOnly), pause.By
	}
	for _, change := range slices.Backward(f.log) {
		card.Log = append(card.Log, shownChange{
			change.At.In(now.Location()), titleOf(change.Code, string(change.Origin)), string(change.Change), change.Priority.String(),
		})
	}
	return card
}

func (f *follower) responsible(said answer) string {
	switch {
	case !said.has:
		return "unknown"
	case said.overview.Responsible == "":
		return "nobody yet"
	case !said.known():
		return said.overview.Responsible + " (last known)"
	}
	return said.overview.Responsible
}

// signal says in words what the values are worth.
func (f *follower) signal() string {
	switch {
	case f.view.Stale:
		return "No readings from the monitor"
	case f.leadsOff():
		return "ECG lead off"
	case f.view.Quality != "":
		return "ECG signal " + string(f.view.Quality)
	case !f.view.Armed:
		return "No ECG yet: its alarms do not watch"
	}
	return "Receiving"
}

func (f *follower) problems(said answer) []string {
	var list []string
	if f.configured != nil {
		list = append(list, "The limits of this session cannot be used: values are judged here by the default ones.")
	}
	if f.unreadable > 0 {
		list = append(list, "Some readings or alarms cannot be opened: a key is missing. Go to the room.")
	}
	if said.isMissing() {
		list = append(list, "No session monitor has this session: nobody is paged about it.")
	}
	return list
}

// notices are what holds for the whole page.
func (w *ward) notices(cards []shownSession) []string {
	var list, silent []string
	if w.problem != "" {
		list = append(list, w.problem)
	}
	for _, card := range cards {
		if w.control.of(session.IDPrefix + card.Name).isSilent() {
			silent = append(silent, card.Room)
		}
	}
	if len(silent) > 0 {
		list = append(list, "Acknowledgement state unknown: the control plane does not answer (room "+strings.Join(silent, ", ")+").")
	}
	return list
}

// newsOf says what has begun or become worse just now.
func (f *follower) newsOf(room string, now time.Time) []news {
	var list []news
	for _, change := range f.log {
		if now.Sub(change.At) > newsFor || change.Change == detector.Cleared || change.Change == detector.Eased {
			continue
		}
		list = append(list, news{
			ID:   keyOf(f.name) + "-" + change.At.UTC().Format(time.RFC3339Nano),
			Text: "Room " + room + ": " + change.Priority.String() + " alarm: " + titleOf(change.Code, string(change.Origin)),
		})
	}
	return list
}
