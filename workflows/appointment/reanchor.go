package appointment

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/timetable"
)

// mayReanchor: the times of a place that is being taken are fresh, and those of
// an appointment that has started no longer matter.
func (a *appointment) mayReanchor() bool {
	return a.state.Reanchor != nil && a.state.End == "" && (a.state.Stage == StageHeld || a.state.Stage == StageConfirmed)
}

// reanchor computes the times again with the worker's present zone data. The
// agreed clock time and the revision stay, so the guest is told nothing; where
// the instant has moved, the calendar and the journey are.
func (a *appointment) reanchor(ctx workflow.Context) error {
	anchor, old := a.state.Reanchor, a.state.Times
	// It is taken here; a further one diverts, and computes again.
	a.state.Reanchor = nil
	restore := func(err error) error {
		a.state.Times = old
		if a.state.Reanchor == nil && a.state.End == "" {
			a.state.Reanchor = anchor
		}
		return err
	}
	times, err := a.instants(ctx)
	if err != nil {
		return restore(err)
	}
	a.state.Times = &times
	if !times.Start.Equal(old.Start) {
		if err := a.write(ctx, fmt.Sprintf("calendar.reanchor-%d", a.state.Anchors+1)); err != nil {
			return restore(err)
		}
		a.state.Anchors++
		a.tell(ctx, "moved")
	}
	a.adopt(ctx, *anchor, old.Start)
	return nil
}

// adopt brings everything that is still to come to the new times.
func (a *appointment) adopt(ctx workflow.Context, anchor Reanchor, oldStart time.Time) {
	a.state.Reminders = retimed(a.state.Reminders, a.state.Times.Reminders)
	if a.state.Known.Equal(oldStart) {
		a.state.Known = a.state.Times.Start
	}
	a.core.DropAll()
	data := a.state.Times.ZoneData
	a.core.Note(ctx, "fact", fmt.Sprintf("times computed again with zone data %s: the start was %s, and is %s",
		data, oldStart.Format(time.RFC3339), a.state.Times.Start.Format(time.RFC3339)))
	if anchor.TZData != "" && anchor.TZData != data {
		a.core.Raise(ctx, "zone_data")
		return
	}
	a.core.Settle("zone_data")
}

// retimed gives the messages that are still to come their new times, and adds
// none: what was sent or left out stays so.
func retimed(pending, computed []timetable.ReminderTime) []timetable.ReminderTime {
	var list []timetable.ReminderTime
	for _, entry := range computed {
		for _, waiting := range pending {
			if waiting.Name == entry.Name && waiting.Channel == entry.Channel {
				list = append(list, entry)
			}
		}
	}
	return list
}
