package session

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// problems says what no transition can say; it quotes nothing.
func (t Transition) problems() []string {
	var problems []string
	want := func(fine bool, problem string) {
		if !fine {
			problems = append(problems, problem)
		}
	}
	want(t.Number > 0, "number: want 1 or more")
	want(t.Alarm != "", "alarm: missing")
	want(t.Code != "", "code: missing")
	want(t.Priority.rank() >= 0, "priority: want low, warning or critical")
	want(t.rises() || t.Change == Eased || t.Change == Cleared, "change: unknown")
	return problems
}

// rises says whether the transition calls somebody, by its kind.
func (t Transition) rises() bool {
	return t.Change == Raised || t.Change == ReRaised || t.Change == Escalated
}

func (t Transition) notice() Notice {
	return Notice{Number: t.Number, Key: t.PageKey, Priority: t.Priority}
}

// take takes a transition as it comes.
func (m *monitor) take(ctx workflow.Context, t Transition) {
	m.signals++
	if problems := t.problems(); len(problems) > 0 {
		m.core.Note(ctx, "fact", "a transition that cannot be used: "+strings.Join(problems, "; "))
		m.core.Raise(ctx, AttentionUnusable)
		return
	}
	expected := m.state.Numbers.Last + 1
	if !m.state.Numbers.take(t.Number) {
		return
	}
	m.state.Transitions++
	m.core.Note(ctx, "fact", fmt.Sprintf("transition %d: %s, %s", t.Number, t.Change, t.Priority))
	if t.Number != expected {
		m.core.Note(ctx, "fact", fmt.Sprintf("transition %d came where %d was expected", t.Number, expected))
	}
	m.lookForGaps(ctx)
	m.apply(ctx, t)
}

func (m *monitor) lookForGaps(ctx workflow.Context) {
	if m.state.Numbers.whole() {
		m.core.Settle(AttentionGap)
		return
	}
	m.core.Raise(ctx, AttentionGap)
}

// apply changes the alarm. One that comes late changes nothing of what a newer
// one has said; but a critical alarm is called for, however late it is known.
func (m *monitor) apply(ctx workflow.Context, t Transition) {
	a := m.state.alarm(t.Alarm)
	late, active := t.Number < a.Number, a.Active
	if !late {
		a.follow(t)
	}
	// One that eases and was not known to be active has begun all the same; the
	// transition that says so is yet to come.
	rises := t.rises() || a.Active && !active
	switch {
	case rises && t.Priority == Critical:
		a.Latched, a.Acknowledged = true, nil
		m.state.Criticals++
		m.tell(ctx, Update{Kind: KindCritical, Number: t.Number})
		m.ring(ctx, a, t.notice())
	case late:
	case rises && t.Priority == Warning:
		a.Acknowledged = nil
		m.ring(ctx, a, t.notice())
	case rises && !a.Latched:
		a.Acknowledged, a.Call = nil, Call{}
	case a.over():
		a.Call = Call{}
	}
}

// follow takes over what a transition says of the condition.
func (a *Alarm) follow(t Transition) {
	a.Code, a.Origin, a.Priority = t.Code, t.Origin, t.Priority
	a.Active = t.Change != Cleared
	a.Episode, a.Number, a.At = t.Episode, t.Number, t.At.UTC()
}

// acknowledge ends the call; the alarm calls again if its condition lasts.
func (m *monitor) acknowledge(ctx workflow.Context, a *Alarm, head kit.Envelope) {
	now := workflow.Now(ctx).UTC()
	a.Acknowledged = &Acknowledgement{By: head.Actor, Role: head.Role, At: now}
	a.Latched, a.Unanswered = false, false
	m.log(ctx, Entry{Kind: EntryAcknowledged, Number: a.Number, Person: head.Actor, Role: head.Role})
	m.core.Note(ctx, "fact", fmt.Sprintf("the alarm of transition %d is acknowledged", a.Number))
	a.Call = Call{About: a.Call.About}
	if !m.state.some(func(a *Alarm) bool { return a.Unanswered }) {
		m.core.Settle(AttentionUnanswered)
	}
	switch {
	case a.over():
		a.Call = Call{}
	case a.Priority != Low:
		m.schedule(ctx, a, now.Add(Realarm))
	}
}
