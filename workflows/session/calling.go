package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/paging"
)

var zero time.Time

const (
	// ladderWait is how long a call waits for the present ladder when an earlier
	// one is known.
	ladderWait = 2 * time.Second
	// ladderPause is before the ladder is asked for again, when there is none and
	// an alarm waits; prepareAgain, when none does.
	ladderPause  = 5 * time.Second
	prepareAgain = 5 * time.Minute
)

// ring calls people to an alarm. A call that is under way and as urgent goes on
// with its ladder, and pages about the new transition where it stands: an alarm
// that comes and goes must not begin at the first rung for ever.
func (m *monitor) ring(ctx workflow.Context, a *Alarm, notice Notice) {
	m.breakThrough(notice.Priority)
	call := a.Call
	if call.ID == 0 || call.Through || call.Priority != Critical {
		m.state.Calls++
		call = Call{ID: m.state.Calls, Priority: notice.Priority, Fresh: call.Fresh, Due: workflow.Now(ctx).UTC()}
	}
	call.About, call.Fresh = notice, append(slices.Clone(call.Fresh), notice)
	a.Call = call
	m.schedule(ctx, a, call.Due)
}

// schedule sets when an alarm calls next, and sees that its routine runs.
func (m *monitor) schedule(ctx workflow.Context, a *Alarm, at time.Time) {
	a.Call.Due = at.UTC()
	if a.called {
		return
	}
	a.called = true
	workflow.GoNamed(ctx, fmt.Sprintf("alarm %d", a.Number), func(ctx workflow.Context) {
		m.call(ctx, a)
		a.called = false
	})
}

// call does what an alarm's call comes to, for as long as there is something to do.
func (m *monitor) call(ctx workflow.Context, a *Alarm) {
	for !a.Call.Due.IsZero() {
		due := a.Call.Due
		turned := func() bool { return !a.Call.Due.Equal(due) || len(a.Call.Fresh) > 0 }
		if wait := due.Sub(workflow.Now(ctx)); wait > 0 && !turned() {
			awaitAtMost(ctx, wait, "alarm", turned)
			continue
		}
		m.step(ctx, a)
		m.core.Nudge()
	}
}

// await waits for a condition on the state.
func await(ctx workflow.Context, condition func() bool) {
	if err := workflow.Await(ctx, condition); err != nil {
		panic("a context that nobody cancels was cancelled: " + err.Error())
	}
}

// awaitAtMost waits for a condition, and no longer than so. Unlike the SDK's own,
// it leaves no timer behind that wakes the workflow for nothing.
func awaitAtMost(ctx workflow.Context, wait time.Duration, name string, condition func() bool) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: name})
	await(ctx, func() bool { return condition() || timer.IsReady() })
}

// step is one turn of a call that is due, or has something fresh to tell.
func (m *monitor) step(ctx workflow.Context, a *Alarm) {
	call := &a.Call
	due := !workflow.Now(ctx).Before(call.Due)
	switch {
	case a.waits() && (len(call.Fresh) > 0 || call.climbs()):
		if call.Rung == 0 && !m.readLadder(ctx, a) {
			return
		}
		m.pageNext(ctx, a, due)
	case a.Active && a.Priority != Low:
		m.callAgain(ctx, a)
	default:
		call.Due, call.Fresh = zero, nil
	}
}

// pageNext pages the next rung if it is due, else the present one about what is
// fresh.
func (m *monitor) pageNext(ctx workflow.Context, a *Alarm, due bool) {
	call := &a.Call
	notices := call.Fresh
	call.Fresh = nil
	if due && call.climbs() {
		if len(notices) == 0 {
			notices = []Notice{call.About}
		}
		m.climb(ctx, a)
	}
	for _, notice := range notices {
		m.pageRung(ctx, a, notice)
	}
}

// climb goes up one rung and sets what comes after it.
func (m *monitor) climb(ctx workflow.Context, a *Alarm) {
	call := &a.Call
	next := call.Due.Add(call.climb(m.state.Ladder))
	switch {
	case call.climbs():
		call.Due = next
	case a.Active:
		call.Due = workflow.Now(ctx).UTC().Add(Realarm)
	default:
		call.Due = zero
	}
	if call.Through && call.Priority == Critical {
		a.Unanswered = true
		m.core.Raise(ctx, AttentionUnanswered)
	}
}

// callAgain begins a new call for a condition that lasts.
func (m *monitor) callAgain(ctx workflow.Context, a *Alarm) {
	notice := Notice{Number: cmp.Or(a.Call.About.Number, a.Number), Key: a.Call.About.Key, Priority: a.Priority, Again: a.Call.About.Again + 1}
	a.Acknowledged, a.Latched = nil, a.Latched || a.Priority == Critical
	a.Call = Call{}
	m.core.Note(ctx, "deadline", fmt.Sprintf("the alarm of transition %d calls again", notice.Number))
	m.ring(ctx, a, notice)
}

// push makes a call climb at once: the rung was paged in vain. Only the highest
// one counts; what is below has been climbed already.
func (m *monitor) push(ctx workflow.Context, a *Alarm, call, rung int) {
	if a.Call.ID != call || a.Call.Rung != rung || a.Call.Through || !a.waits() {
		return
	}
	a.Call.Pushed = true
	m.schedule(ctx, a, workflow.Now(ctx))
}

// readLadder asks whom to page now. It says false when the call has changed
// meanwhile. Without an answer the ladder that was known last serves; without any,
// it asks until there is one.
func (m *monitor) readLadder(ctx workflow.Context, a *Alarm) bool {
	m.underWay++
	defer func() { m.underWay-- }()
	call := a.Call.ID
	stands := func() bool { return a.Call.ID == call && a.waits() }
	for stands() {
		read := paging.ReadLadder(ctx, paging.LadderRequest{At: workflow.Now(ctx).UTC()})
		answered := func() bool { return read.Future.IsReady() || !stands() }
		if len(m.state.Ladder) > 0 {
			awaitAtMost(ctx, ladderWait, "ladder", answered)
		} else {
			await(ctx, answered)
		}
		if stands() {
			m.learn(ctx, read)
		}
		if len(m.state.Ladder) > 0 {
			break
		}
		awaitAtMost(ctx, ladderPause, "no ladder", func() bool { return !stands() || len(m.state.Ladder) > 0 })
	}
	return stands()
}

// learn takes an answer over; without one, what was known stays.
func (m *monitor) learn(ctx workflow.Context, read options.Result[paging.Ladder]) {
	var ladder paging.Ladder
	var err error
	if read.Future.IsReady() {
		ladder, err = read.Get(ctx)
	}
	if err != nil || len(ladder.Rungs) == 0 {
		m.core.Raise(ctx, AttentionNoLadder)
		m.core.Nudge()
		return
	}
	m.state.Ladder = ladder.Rungs
	m.core.Settle(AttentionNoLadder)
}

// prepare reads the ladder before there is an alarm, so that one is known if it
// cannot be read later, and a person learns early that it cannot.
func (m *monitor) prepare(ctx workflow.Context) {
	for len(m.state.Ladder) == 0 {
		read := paging.ReadLadder(ctx, paging.LadderRequest{At: workflow.Now(ctx).UTC()})
		await(ctx, read.Future.IsReady)
		m.learn(ctx, read)
		awaitAtMost(ctx, prepareAgain, "no ladder", func() bool { return len(m.state.Ladder) > 0 })
	}
}
