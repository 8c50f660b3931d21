package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/watching"
	"guestjourney/workflows/session"
)

const notWatched = "house/telemetry-silent"

// TestASessionIsWatchedFromItsStartToItsEnd: whoever watches learns whose readings
// are the session's, and within which limits; a new device takes its place.
func TestASessionIsWatchedFromItsStartToItsEnd(t *testing.T) {
	p := newPlay(t)
	p.give(time.Hour, session.UpdateAssignDevice, session.AssignDevice{Envelope: nurse(), Device: "d-2"})
	p.end(2 * time.Hour)
	p.Run()

	require.NoError(t, p.Err)
	require.Len(t, p.watches, 2)
	require.Equal(t, watching.Session{
		Session: id, Device: "d-1", Since: begin, Room: "3", Protocol: watching.Protocol(p.Input.Protocol),
	}, p.watches[0])
	require.Equal(t, "d-2", p.watches[1].Device)
	require.Equal(t, begin.Add(time.Hour), p.watches[1].Since)
	require.Equal(t, []watching.End{{Session: id, At: begin.Add(2 * time.Hour)}}, p.ends)
	require.Empty(t, p.pages, "somebody watched all the time")
}

// TestNobodyWatchesIsAnAlarm: the first one on duty is paged at once, and again
// while it lasts; it is over when the telemetry process says that it is back.
func TestNobodyWatchesIsAnAlarm(t *testing.T) {
	p := newPlay(t)
	down := false
	p.watched = func(at time.Duration) time.Duration {
		if at < time.Minute {
			return 10 * time.Minute
		}
		return 1000 * time.Hour
	}
	p.After(9*time.Minute, func() { down = true })
	p.refuses = func(watching.Session) error {
		if down {
			return &failure.Error{Provider: "telemetry", Operation: "sessions.watch", Class: failure.Permanent}
		}
		return nil
	}
	p.After(14*time.Minute, func() { down = false; p.Env.SignalWorkflow(session.SignalWatched, session.Watched{}) })
	p.shows(13*time.Minute, func(view session.Overview) {
		require.Equal(t, []string{notWatched, session.StateRaised}, []string{view.Alarms[0].ID, view.Alarms[0].State})
	})
	p.shows(15*time.Minute, func(view session.Overview) { require.Equal(t, session.StateCleared, view.Alarms[0].State) })
	p.end(30 * time.Minute)
	p.Run()

	require.NoError(t, p.Err)
	require.Equal(t, []string{"600 p-ana", "780 p-ana"}, p.calls(), "at once, and after three minutes")
	for _, page := range p.pages {
		require.Zero(t, page.page.Transition, "the telemetry process has no transition of it")
		require.Equal(t, "NOT-WATCHED", page.page.Code)
		require.Contains(t, page.key, id+"/not-watched/1")
	}
}

// TestWhoCannotBeToldToWatchIsAskedAgain: a session whose start finds nobody who
// watches calls staff as well, and takes up the watching by itself.
func TestWhoCannotBeToldToWatchIsAskedAgain(t *testing.T) {
	p := newPlay(t)
	down := true
	p.refuses = func(watching.Session) error {
		if down {
			return &failure.Error{Provider: "telemetry", Operation: "sessions.watch", Class: failure.Permanent}
		}
		return nil
	}
	p.After(20*time.Second, func() { down = false })
	p.end(10 * time.Minute)
	p.Run()

	require.NoError(t, p.Err)
	require.Equal(t, []string{"0 p-ana"}, p.calls())
	require.Len(t, p.watches, 2, "half a minute later by itself: %v", p.asked)
}

// TestTheNextRunGoesOnWatching: it says so once more, and nobody is paged.
func TestTheNextRunGoesOnWatching(t *testing.T) {
	p := newPlay(t)
	p.Renew(time.Minute)
	p.end(time.Hour)
	p.Run()

	require.NoError(t, p.Err)
	require.Equal(t, 2, p.Runs)
	require.Equal(t, p.watches[0], p.watches[1])
	require.Len(t, p.ends, 1)
	require.Empty(t, p.pages)
}
