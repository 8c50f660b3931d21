package journey

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// States of a monitored session.
const (
	MonitorPrepared = "prepared" // begins as soon as guest and clearance are there
	MonitorBegun    = "begun"    // its workflow was started
	MonitorWatching = "watching" // and has said so
	MonitorEnded    = "ended"
)

// Reasons for attention of a monitored session. They are shown in clear, and name
// no alarm.
const (
	// AttentionNotPrepared: the session's time has come, and nobody has said which
	// monitor the guest wears.
	AttentionNotPrepared = "session_not_prepared"
	// AttentionNotAllowed: it is prepared, and there is no valid clearance, or a
	// clinician has not released it after the last one.
	AttentionNotAllowed = "session_not_allowed"
)

// Monitoring is the session in which a guest wears a monitor: the present or the
// last one of the stay.
type Monitoring struct {
	Number int    `json:"number,omitempty"` // from 1; 0: none was prepared
	ID     string `json:"id,omitempty"`     // of its workflow
	State  string `json:"state,omitempty"`
	Device string `json:"device,omitempty"`
	Room   string `json:"room,omitempty"`
	// QTcBaseline is the guest's own, in milliseconds; 0 is unknown.
	QTcBaseline float64 `json:"qtcBaseline,omitempty"`
	// Held: a session had a critical alarm, and no clinician has released the next
	// one.
	Held bool `json:"held,omitempty"`
	// Missed: the time of the session passed before it began, and that was said.
	Missed bool `json:"missed,omitempty"`
	// Records are where the written records are, in the order of the sessions.
	Records []string `json:"records,omitempty"`
}

// PrepareSession is the input of the update "prepare_session".
type PrepareSession struct {
	kit.Envelope
	Device string `json:"device"` // the monitor that the guest wears
	Room   string `json:"room"`   // a short label, as pages say it: "3"
	// QTcBaseline is the guest's own before the session, in milliseconds; 0 is
	// unknown.
	QTcBaseline float64 `json:"qtcBaseline,omitempty"`
}

func (j *journey) offerMonitoring(ctx workflow.Context) {
	kit.OnSignal(ctx, j.core, session.SignalUpdate, "A monitored session reports: started, critical alarm, ended, the record's reference.",
		func(update session.Update) string { return update.Session + "/" + update.ID },
		func(update session.Update) { j.monitoringFact(ctx, update) })
	kit.OnCommand(ctx, j.core, UpdatePrepareSession, "Say which monitor the guest wears, and where: the session is watched as soon as they are here.",
		j.mayPrepare,
		func(command PrepareSession) error { return j.checkPrepare(ctx, command) },
		func(_ string, command PrepareSession) kit.Verdict { return j.prepare(ctx, command) })
	kit.OnCommand(ctx, j.core, UpdateReleaseSession, "A clinician lets the next session begin after one with a critical alarm.",
		func() error {
			if !j.state.Monitoring.Held {
				return errors.New("no session is held back")
			}
			return nil
		},
		func(kit.Envelope) error { return nil },
		func(string, kit.Envelope) kit.Verdict {
			j.state.Monitoring.Held = false
			j.core.Settle(AttentionNotAllowed)
			return kit.Verdict{Detail: "the next session may begin"}
		})
}

func (j *journey) mayPrepare() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	switch {
	case j.program().Session.Monitoring == nil:
		return errors.New("the program has no monitored session")
	case j.state.Stage != StagePreArrival && j.state.Stage != StageInProgram:
		return fmt.Errorf("the guest is not expected yet, or has left: the stage is %s", j.shownStage())
	case j.lasts():
		return fmt.Errorf("the session %s lasts; assign_device of that workflow gives it another monitor", j.state.Monitoring.ID)
	}
	return nil
}

// lasts says whether a monitored session is under way.
func (j *journey) lasts() bool {
	return j.state.Monitoring.State == MonitorBegun || j.state.Monitoring.State == MonitorWatching
}

// checkPrepare refuses what the session's own workflow would refuse.
func (j *journey) checkPrepare(ctx workflow.Context, command PrepareSession) error {
	wanted := j.monitorInput(workflow.Now(ctx), Monitoring{Device: command.Device, Room: command.Room, QTcBaseline: command.QTcBaseline})
	wanted.Clearance = session.Clearance{Ref: "later", ValidUntil: wanted.LatestEnd}
	if problems := wanted.Problems(); len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}

func (j *journey) prepare(ctx workflow.Context, command PrepareSession) kit.Verdict {
	m := &j.state.Monitoring
	if m.State != MonitorPrepared {
		m.Number++
	}
	m.ID = fmt.Sprintf("%s%s-%d", session.IDPrefix, j.short(), m.Number)
	m.State, m.Device, m.Room, m.QTcBaseline = MonitorPrepared, command.Device, command.Room, command.QTcBaseline
	m.Missed = false
	j.core.Settle(AttentionNotPrepared)
	if m.Held {
		j.core.Raise(ctx, AttentionNotAllowed)
		return kit.Verdict{Detail: m.ID + " is prepared, and waits for a clinician's release_session"}
	}
	return kit.Verdict{Detail: m.ID + " is prepared"}
}

// mayWatch: a prepared session begins once the guest is here, and never without a
// valid clearance, nor against a clinician.
func (j *journey) mayWatch(now time.Time) bool {
	return j.state.Monitoring.State == MonitorPrepared && j.state.Stage == StageInProgram && !j.state.Monitoring.Held &&
		now.Before(j.state.Departure) && j.cleared() && j.state.Clearance.Until.After(now)
}

// beginWatch starts the session's own workflow, which outlives this one.
func (j *journey) beginWatch(ctx workflow.Context) {
	m := &j.state.Monitoring
	m.State = MonitorBegun // before it: it may say at once that it has started
	kit.ChildOn(ctx, j.core, options.QueueSessions, fmt.Sprintf("session.watch-%d", m.Number), session.Type, m.ID, j.monitorInput(workflow.Now(ctx), *m))
	j.core.Settle(AttentionNotPrepared)
	j.core.Settle(AttentionNotAllowed)
}

func (j *journey) monitorInput(now time.Time, m Monitoring) session.Input {
	plan, clearance := j.program().Session.Monitoring, j.state.Clearance
	return session.Input{
		Notify: j.id, GuestRef: j.state.GuestRef, Device: m.Device, Room: m.Room, Protocol: session.Protocol(plan.Protocol),
		QTcBaseline: m.QTcBaseline, LatestEnd: now.UTC().Add(plan.Longest.Value()), Test: j.input.Test,
		Clearance: session.Clearance{Ref: cmp.Or(clearance.Evidence, clearance.By), ValidUntil: clearance.Until},
	}
}

// watchDeadline is when a person is told that a session has not begun; zero is
// never. The appointment's first session only: a later one has no time of its own.
func (j *journey) watchDeadline() time.Time {
	m := j.state.Monitoring
	if j.program().Session.Monitoring == nil || m.Missed || m.Number > 1 || j.lasts() || m.State == MonitorEnded {
		return time.Time{}
	}
	return j.state.Session.Start
}

// missWatch: the session's time has come, and nobody watches it.
func (j *journey) missWatch(ctx workflow.Context) {
	j.state.Monitoring.Missed = true
	if j.state.Monitoring.State == MonitorPrepared {
		j.core.Raise(ctx, AttentionNotAllowed)
		return
	}
	j.core.Raise(ctx, AttentionNotPrepared)
}

// monitoringFact takes what a session says of itself.
func (j *journey) monitoringFact(ctx workflow.Context, update session.Update) {
	m := &j.state.Monitoring
	present := update.Session == m.ID
	j.core.Note(ctx, "fact", update.Session+": "+strings.ReplaceAll(update.Kind, "_", " "))
	switch update.Kind {
	case session.KindStarted:
		if present && m.State == MonitorBegun {
			m.State = MonitorWatching
		}
	case session.KindCritical:
		m.Held = true
	case session.KindEnded:
		if present {
			m.State = MonitorEnded
		}
		if update.Record != "" {
			m.Records = append(m.Records, update.Record)
		}
	}
}
