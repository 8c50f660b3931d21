package session_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/activities/records"
	"guestjourney/activities/watching"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
	"guestjourney/workflows/session"
)

var begin = playtest.Begin

const (
	id      = "session/S1"
	journey = "journey/J1"
	second  = time.Second
	ms      = time.Millisecond
)

// Who is on duty: two people, both and a physician, the failsafe.
const ana, ben, doc, safe = "p-ana", "p-ben", "p-doc", "p-safe"

func rota() []paging.Rung {
	by := func(people ...string) (rung paging.Rung) {
		for _, person := range people {
			rung.Contacts = append(rung.Contacts, paging.Contact{Person: person, Channels: []paging.Channel{paging.SMS, paging.Voice}})
		}
		return rung
	}
	return []paging.Rung{by(ana), by(ben), by(ana, ben, doc), by(safe)}
}

func input() session.Input {
	return session.Input{
		Notify: journey, GuestRef: "g-1", Device: "d-1", Room: "3", LatestEnd: begin.Add(8 * time.Hour),
		Protocol:  session.Protocol{Code: "PRG-07", SignedBy: "dr-x", SignedAt: begin.Add(-time.Hour)},
		Clearance: session.Clearance{Ref: "c-1", ValidUntil: begin.Add(24 * time.Hour)},
	}
}

// sent is one page as the port was asked for it.
type sent struct {
	at      time.Duration // after the start, when it was asked for
	person  string
	channel paging.Channel
	key     string
	effect  options.Effect
	page    paging.Page
}

// play is a SessionMonitor before a house whose pages arrive unless it is told
// otherwise.
type play struct {
	*playtest.Play[session.Input, session.Result]

	number   int // of the last transition
	commands int // counts them
	pages    []sent
	told     []session.Update
	// answer is what becomes of a page; nil hands it over.
	answer func(paging.Page) (paging.Receipt, error)
	// ladder is what the staff file says; nil is the rota.
	ladder func() (paging.Ladder, error)
	// hangs says which pages take a minute, and ladderHangs that the ladder does.
	hangs       func(paging.Page) bool
	ladderHangs bool
	// watches are what the telemetry process was asked for, in order, and ends when
	// it was told that the session is over.
	watches []watching.Session
	asked   []time.Duration
	ends    []watching.End
	// filed are the records, unfiled how many tries still fail, and misfiled how.
	filed    []session.Record
	unfiled  int
	misfiled failure.Class
	// refuses is what it answers; nil watches.
	refuses func(watching.Session) error
	// watched is how long it watches from an instant on; nil is for good.
	watched func(at time.Duration) time.Duration

	mutex sync.Mutex // of pages
}

func newPlay(t playtest.T) *play {
	p := &play{Play: playtest.New(t, id, session.Type, session.Workflow, input())}
	p.Before = p.serve
	return p
}

// transition sends the next transition of an alarm and returns its number.
func (p *play) transition(at time.Duration, alarm string, change session.Change, priority session.Priority) int {
	p.number++
	number := p.number
	p.numbered(at, number, alarm, change, priority)
	return number
}

func (p *play) numbered(at time.Duration, number int, alarm string, change session.Change, priority session.Priority) {
	p.After(at, func() { p.Env.SignalWorkflow(session.SignalTransition, p.made(number, alarm, change, priority)) })
}

func (p *play) made(number int, alarm string, change session.Change, priority session.Priority) session.Transition {
	return session.Transition{
		Number: number, Alarm: alarm, Code: "HR-LOW", Origin: "physiological", Change: change, Priority: priority, Episode: 1,
		At: p.Env.Now(), PageKey: fmt.Sprintf("%s/%d", id, number),
	}
}

func nurse() kit.Envelope {
	return kit.Envelope{Actor: "p-ana", Role: kit.RoleClinician, Reason: "test"}
}

// give gives a command, and expects it to be taken.
func (p *play) give(at time.Duration, update string, command any) {
	p.After(at, func() { p.try(update, command, func(err error) { require.NoError(p.T, err, update) }) })
}

// try gives a command; outcome hears of its refusal, or nil.
func (p *play) try(update string, command any, outcome func(error)) {
	p.commands++
	p.Update(update, fmt.Sprintf("%s-%d", update, p.commands), command, outcome)
}

func (p *play) acknowledge(at time.Duration, alarm string) {
	p.give(at, session.UpdateAcknowledge, session.Acknowledge{Envelope: nurse(), Alarm: alarm})
}

func (p *play) end(at time.Duration) { p.give(at, session.UpdateEnd, nurse()) }

// shows looks at the status.
func (p *play) shows(at time.Duration, look func(session.Overview)) {
	p.After(at, func() { look(p.status()) })
}

func (p *play) status() (view session.Overview) {
	p.T.Helper()
	p.Ask(kit.QueryStatus, &view)
	return view
}

// calls are the pages as "<seconds> <person>", in order.
func (p *play) calls() (list []string) {
	for _, page := range p.pages {
		list = append(list, fmt.Sprintf("%v %s", page.at.Round(ms).Seconds(), page.person))
	}
	return list
}

// serve registers the house: paging, and the journey that is told.
func (p *play) serve() {
	ladder := func(context.Context, paging.LadderRequest) (paging.Ladder, error) {
		if p.ladder != nil {
			return p.ladder()
		}
		return paging.Ladder{Rungs: rota()}, nil
	}
	p.Env.RegisterActivityWithOptions(ladder, activity.RegisterOptions{Name: paging.Prefix + "Ladder"})
	p.Env.RegisterActivityWithOptions(p.page, activity.RegisterOptions{Name: paging.Prefix + "Page"})
	p.serveWatching()
	p.Env.OnActivity(paging.Prefix+"Ladder", mock.Anything, mock.Anything).Return(ladder).AfterFn(func() time.Duration {
		if p.ladderHangs {
			return time.Minute
		}
		return 0
	}).Maybe()
	if p.hangs != nil {
		p.Env.OnActivity(paging.Prefix+"Page", mock.Anything, mock.MatchedBy(func(command options.Command[paging.Page]) bool {
			return p.hangs(command.Request)
		})).Return(p.page).After(time.Minute).Maybe()
		p.Env.OnActivity(paging.Prefix+"Page", mock.Anything, mock.Anything).Return(p.page).Maybe()
	}
	p.Env.OnSignalExternalWorkflow(mock.Anything, journey, "", session.SignalUpdate, mock.Anything).Return(
		func(_, _, _, _ string, message any) error {
			p.told = append(p.told, message.(session.Update))
			return nil
		}).Maybe()
}

// serveWatching registers the telemetry process.
func (p *play) serveWatching() {
	p.Env.RegisterActivityWithOptions(p.file, activity.RegisterOptions{Name: records.Prefix + "File"})
	p.Env.RegisterActivityWithOptions(&watching.Activities{Desk: p}, activity.RegisterOptions{Name: watching.Prefix})
	p.Env.OnActivity(watching.Prefix+"Watched", mock.Anything, mock.Anything).Return(watching.Done{}, errors.New("nobody heartbeats")).AfterFn(func() time.Duration {
		if p.watched == nil {
			return 1000 * time.Hour
		}
		return p.watched(p.Env.Now().Sub(begin))
	}).Maybe()
}

// Watch implements watching.Desk, as End does.
func (p *play) Watch(_ context.Context, _ options.Effect, session watching.Session) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.watches = append(p.watches, session)
	p.asked = append(p.asked, p.Env.Now().Sub(begin))
	if p.refuses != nil {
		return p.refuses(session)
	}
	return nil
}

func (p *play) End(_ context.Context, _ options.Effect, end watching.End) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.ends = append(p.ends, end)
	return nil
}

// file keeps what is filed.
func (p *play) file(_ context.Context, command options.Command[records.Request]) (records.Filed, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var record session.Record
	require.NoError(p.T, json.Unmarshal(command.Request.Log, &record))
	p.filed = append(p.filed, record)
	if p.unfiled > 0 {
		p.unfiled--
		return records.Filed{}, failure.ToTemporal(&failure.Error{Provider: "folder", Operation: "file", Class: cmp.Or(p.misfiled, failure.NotProcessed)})
	}
	return records.Filed{Ref: fmt.Sprintf("r/%d", len(p.filed))}, nil
}

func (p *play) page(_ context.Context, command options.Command[paging.Page]) (paging.Receipt, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	page := command.Request
	p.pages = append(p.pages, sent{command.Effect.Since.Sub(begin), page.Person, page.Channel, page.Key, command.Effect, page})
	if p.answer != nil {
		receipt, err := p.answer(page)
		return receipt, failure.ToTemporal(err)
	}
	return paging.Receipt{ID: "SM1", HandedAt: p.Env.Now()}, nil
}

// sorted orders the calls of one instant, which are made side by side.
func sorted(calls []string) []string {
	at := func(call string) (seconds float64) {
		_, _ = fmt.Sscan(call, &seconds)
		return seconds
	}
	slices.SortStableFunc(calls, func(a, b string) int {
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b))
	})
	return calls
}
