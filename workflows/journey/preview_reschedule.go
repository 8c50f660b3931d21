package journey

import (
	"fmt"
	"time"

	"guestjourney/activities/programs"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
)

// QueryPreviewReschedule answers a ReschedulePreview.
const QueryPreviewReschedule = "preview_reschedule"

// AskReschedule is the input of the query "preview_reschedule".
type AskReschedule struct {
	Start string `json:"start"` // as the command takes it
}

// ReschedulePreview is what moving the session would do. Workflow code reads no
// zone files: a new timer's time is told in words.
type ReschedulePreview struct {
	// Rejected says why the command would be refused; then nothing else is said.
	Rejected  string   `json:"rejected,omitempty"`
	Conflicts []string `json:"conflicts"`
	Dropped   []string `json:"dropped"`
	Created   []string `json:"created"`
	Messages  []string `json:"messages"`
	Fee       string   `json:"fee"`
}

func (j *journey) previewReschedule(ask AskReschedule, now time.Time) (ReschedulePreview, error) {
	err := j.mayReschedule()
	if err == nil {
		err = j.checkReschedule(kit.Reschedule{Start: ask.Start}, now)
	}
	if err != nil {
		return ReschedulePreview{Rejected: err.Error()}, nil
	}
	revision := j.state.Session.Revision
	return ReschedulePreview{
		Conflicts: j.conflicts(ask.Start), Fee: "none", Messages: j.wouldSay("moved"),
		Dropped: j.timers(revision, j.state.Session.Local), Created: j.timers(revision+1, ask.Start),
	}, nil
}

// conflicts compares wall clocks: those of the stay and of the new start are the
// property's, as they were written.
func (j *journey) conflicts(start string) []string {
	list := []string{}
	wanted, _ := appointment.WallClock(start)
	arrival, _ := appointment.WallClock(j.state.Intake.Arrival)
	departure := arrival.Add(j.program().Length.Value())
	if wanted.Before(arrival) {
		list = append(list, "it starts before the guest arrives ("+j.state.Arrival+")")
	}
	if wanted.Add(j.program().Session.Duration.Value()).After(departure) {
		list = append(list, "it ends after the guest departs")
	}
	return list
}

// timers names what a revision of the appointment waits for.
func (j *journey) timers(revision int, start string) []string {
	list := []string{}
	for _, reminder := range j.program().Session.Reminders {
		for _, channel := range reminder.Channels {
			list = append(list, fmt.Sprintf("reminder %s %s rev %d: %s", reminder.Name, channel, revision, before(reminder, start)))
		}
	}
	return append(list, fmt.Sprintf("start rev %d: %s", revision, start))
}

func before(reminder programs.Reminder, start string) string {
	if reminder.Days > 0 {
		return fmt.Sprintf("the same time of day %d d before %s", reminder.Days, start)
	}
	return fmt.Sprintf("%s before %s", reminder.Before, start)
}
