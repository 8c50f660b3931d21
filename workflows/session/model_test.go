package session_test

import (
	"slices"
	"time"

	"guestjourney/workflows/session"
)

// span is a time in which an alarm waits for somebody.
type span struct {
	from, to time.Duration
	// critical is when it became critical in it; negative is never.
	critical time.Duration
}

// model is an alarm as the promises have it, without a ladder or a history.
type model struct {
	number   int
	active   bool
	priority session.Priority
	waits    bool
	latched  bool
	again    time.Duration // when it calls again; 0 is never
	spans    []span
}

// pass lets the time pass up to an instant.
func (m *model) pass(now time.Duration) {
	if m.again > 0 && now >= m.again && !m.waits && m.active {
		m.open(m.again, m.priority == session.Critical)
	}
}

func (m *model) open(at time.Duration, critical bool) {
	m.again = 0
	if !m.waits {
		m.waits = true
		m.spans = append(m.spans, span{at, time.Hour * 100, -1})
	}
	if last := &m.spans[len(m.spans)-1]; critical {
		m.latched = true
		if last.critical < 0 {
			last.critical = at
		}
	}
}

func (m *model) close(at time.Duration) {
	if m.waits {
		m.waits, m.latched = false, false
		m.spans[len(m.spans)-1].to = at
	}
}

// take is a transition that has not come before.
func (m *model) take(at time.Duration, t session.Transition) {
	rises := slices.Contains([]session.Change{session.Raised, session.ReRaised, session.Escalated}, t.Change)
	late := t.Number < m.number
	if !late && !m.active && t.Change == session.Eased {
		rises = true // its beginning comes late
	}
	if !late {
		m.number, m.active, m.priority = t.Number, t.Change != session.Cleared, t.Priority
	}
	switch {
	case rises && t.Priority == session.Critical:
		m.open(at, true)
	case rises && !late:
		m.open(at, false)
	}
	if !m.active {
		m.again = 0
		if !m.latched {
			m.close(at)
		}
	}
}

func (m *model) acknowledge(at time.Duration) {
	m.close(at)
	if m.active && m.priority != session.Low {
		m.again = at + 3*time.Minute
	}
}

// source is an alarm as the detector has it: it makes transitions that can be.
type source struct {
	active   bool
	raised   bool
	priority session.Priority
}

// next is what happens to the alarm; turn chooses among what can.
func (s *source) next(turn int) (session.Change, session.Priority) {
	switch {
	case !s.active:
		change := session.Raised
		if s.raised {
			change = session.ReRaised
		}
		s.active, s.raised = true, true
		s.priority = []session.Priority{session.Low, session.Warning, session.Critical}[turn%3]
		return change, s.priority
	case turn%3 == 0 && s.priority == session.Warning:
		s.priority = session.Critical
		return session.Escalated, s.priority
	case turn%3 == 0 && s.priority == session.Critical:
		s.priority = session.Warning
		return session.Eased, s.priority
	}
	s.active = false
	return session.Cleared, s.priority
}
