package session

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/watching"
	"guestjourney/workflows/kit"
)

const (
	// silentAlarm is the alarm of a session whose readings nobody watches, and
	// silentCode what a page says of it.
	silentAlarm = "house/telemetry-silent"
	silentCode  = "NOT-WATCHED"

	// askAgain is before the telemetry process is asked once more by itself; it
	// doubles up to askAgainMost. Usually it speaks first.
	askAgain     = 30 * time.Second
	askAgainMost = 5 * time.Minute
)

// watch sees to it that somebody watches the readings of the device that the
// session has, for as long as the session lasts, and calls staff when nobody does.
func (m *monitor) watch(ctx workflow.Context) {
	pause := askAgain
	for !m.over() {
		device, heard := m.state.Device, m.state.Heard
		changed := func() bool { return m.state.Device != device || m.over() }
		if m.begin(ctx) {
			pause = askAgain
			m.watched(ctx)
			m.guard(ctx, changed)
		}
		if changed() {
			continue
		}
		m.silent(ctx)
		awaitAtMost(ctx, pause, "nobody watches", func() bool { return m.state.Heard != heard || changed() })
		pause = min(2*pause, askAgainMost)
	}
}

// over says that nothing is watched any more.
func (m *monitor) over() bool { return m.state.Stage == StageEnded || m.state.Unwatched }

// begin tells the telemetry process whose readings are the session's. It may be
// repeated, and every run of the workflow does.
func (m *monitor) begin(ctx workflow.Context) bool {
	request := m.watchRequest()
	result := watching.Begin(ctx, options.Effect{
		Key: m.core.EffectKey("watch", 0), Since: m.state.AssignedAt, Run: workflow.GetInfo(ctx).WorkflowExecution.RunID,
	}, request)
	await(ctx, result.Future.IsReady)
	_, err := result.Get(ctx)
	return err == nil
}

func (m *monitor) watchRequest() watching.Session {
	return watching.Session{
		Session: m.id, Device: m.state.Device, Since: m.state.AssignedAt, Room: m.input.Room,
		Protocol: watching.Protocol(m.input.Protocol), QTcBaseline: m.input.QTcBaseline,
	}
}

// guard lasts for as long as somebody watches, or until something has changed.
// Its activity goes on then: it is about the session, and a second one under its
// ID could not be scheduled before it has closed.
func (m *monitor) guard(ctx workflow.Context, changed func() bool) {
	if m.guarded == nil || m.guarded.IsReady() {
		m.guarded = watching.Guard(ctx, WatchActivity, m.watchRequest()).Future
	}
	await(ctx, func() bool { return m.guarded.IsReady() || changed() })
}

// silent calls staff: nobody watches.
func (m *monitor) silent(ctx workflow.Context) {
	a := m.state.alarm(silentAlarm)
	if a.Active {
		return
	}
	m.log(ctx, Entry{Kind: EntrySilent})
	m.core.Note(ctx, "fact", "nobody watches the readings")
	a.Code, a.Origin, a.Priority, a.Active = silentCode, "technical", Warning, true
	a.Episode, a.At, a.Acknowledged = a.Episode+1, workflow.Now(ctx).UTC(), nil
	m.ring(ctx, a, Notice{Key: fmt.Sprintf("%s/not-watched/%d", m.id, a.Episode), Priority: Warning})
}

// watched ends that alarm.
func (m *monitor) watched(ctx workflow.Context) {
	a := m.state.find(silentAlarm)
	if a == nil || !a.Active {
		return
	}
	m.log(ctx, Entry{Kind: EntryWatched})
	m.core.Note(ctx, "fact", "the readings are watched again")
	a.Active, a.At = false, workflow.Now(ctx).UTC()
	if a.over() {
		a.Call = Call{}
	}
	m.core.Nudge()
}

// unwatch ends the watching, once.
func (m *monitor) unwatch(ctx workflow.Context) error {
	_, err := kit.Do(ctx, m.core, kit.Step[watching.End, watching.Done]{
		Name: "unwatch", Request: watching.End{Session: m.id, At: m.state.Since}, Call: watching.Stop,
	})
	if err == nil {
		m.state.Unwatched = true
	}
	return err
}
