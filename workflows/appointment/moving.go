package appointment

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/timetable"
	"guestjourney/activities/wording"
)

// grace is how long a reschedule may be undone before the guest is told.
func (a *appointment) grace() time.Duration {
	return a.input.Pace.WithDefaults().UndoGrace.Value()
}

// planAnnouncement plans the one message that tells the guest of a move, on
// every channel: so also on each on which a reminder of the old time went. It
// waits for the grace and tells of the latest revision only; back at the time
// that the guest knows, there is nothing to tell. Reminders whose time has
// passed by then are part of it.
func (a *appointment) planAnnouncement(ctx workflow.Context) {
	now, start := workflow.Now(ctx).UTC(), a.state.Times.Start
	if start.Equal(a.state.Known) {
		a.undo(ctx, now)
		return
	}
	if a.state.MovedAt.IsZero() {
		a.state.MovedAt = now
	}
	// Whoever may be on the way to the old time or the new is told at once.
	due := now.Add(a.grace())
	if a.isNear(now, due) {
		due = now
	}
	// A text waits for the morning, unless that would be too late: a guest at a
	// closed door is worse than one who is woken.
	text := due
	if at := a.state.Times.TextAt; at.After(due) && !a.isNear(now, at) {
		text = at
	}
	a.state.Announce = []timetable.ReminderTime{{Name: "moved", Channel: "email", At: due}, {Name: "moved", Channel: "sms", At: text}}
	a.state.Reminders = a.toCome(due, true)
}

// isNear says whether the new start, or the one that the guest knows, comes
// before an instant.
func (a *appointment) isNear(now, at time.Time) bool {
	known := a.state.Known
	return !a.state.Times.Start.After(at) || known.After(now) && !known.After(at)
}

// undo goes on as if nothing had been: what fell due since the first of the
// moves is still sent.
func (a *appointment) undo(ctx workflow.Context, now time.Time) {
	since := now
	if !a.state.MovedAt.IsZero() {
		since = a.state.MovedAt
	}
	a.state.Announce, a.state.MovedAt = nil, time.Time{}
	a.state.Reminders = a.toCome(since, false)
	a.core.Note(ctx, "step", "back at the time that the guest knows: nothing to tell")
}

func (a *appointment) announceAll(ctx workflow.Context) error {
	left, err := takeTurns(ctx, a.state.Announce, func(entry timetable.ReminderTime) error {
		params := map[string]string{"name": a.state.Contact.Name, "start": a.state.Times.Local}
		err := a.send(ctx, a.announceStep(entry.Channel), entry.Channel, wording.Moved, params)
		if err == nil {
			a.state.Known, a.state.MovedAt = a.state.Times.Start, time.Time{}
		}
		return err
	})
	a.state.Announce = left
	return err
}

func (a *appointment) announceStep(channel string) string {
	return fmt.Sprintf("moved.%s.rev-%d", channel, a.state.Revision)
}
