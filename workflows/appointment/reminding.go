package appointment

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/timetable"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// message is one timed message that is still to be sent.
type message struct {
	step     string
	deadline kit.Deadline
}

// messages lists what is still to be sent; reminders are for a confirmed
// appointment only.
func (a *appointment) messages(reminders bool) []message {
	var list []message
	for _, entry := range a.state.Announce {
		list = append(list, message{a.announceStep(entry.Channel), a.messageDeadline("moved", entry, "the guest is told the new time")})
	}
	if !reminders {
		return list
	}
	for _, entry := range a.state.Reminders {
		list = append(list, message{a.reminderStep(entry), a.messageDeadline("reminder "+entry.Name, entry, "the guest is reminded")})
	}
	return list
}

func (a *appointment) messageDeadline(what string, entry timetable.ReminderTime, consequence string) kit.Deadline {
	return kit.Deadline{
		Name: fmt.Sprintf("%s %s rev %d", what, entry.Channel, a.state.Revision),
		At:   entry.At, Class: kit.ClassMessage, Consequence: consequence,
	}
}

// untilMessage waits until a message is due or something is ready, at most to
// the end. During a hold only the end counts; it runs on, as messages do not.
// It returns when a hold ends, so that the next message is waited for again.
func (a *appointment) untilMessage(ctx workflow.Context, end kit.Deadline, reminders bool, ready func() bool) (wake kit.Wake, over bool, err error) {
	next, held := end, a.core.Held()
	for _, message := range a.messages(reminders) {
		if deadline := a.turn(message); !held && !deadline.At.IsZero() && deadline.At.Before(next.At) {
			next = deadline
		}
	}
	wake, err = a.core.Until(ctx, next, func() bool { return held || ready() || a.isDue(ctx, reminders) })
	return wake, wake == kit.Expired && next.Name == end.Name, err
}

// turn is when a message is due, or has its next turn after a failure; the zero
// time means that it waits for an operator. The class is that of a wake-up: it
// comes during a hold as well, which then is looked at.
func (a *appointment) turn(message message) kit.Deadline {
	deadline := message.deadline
	deadline.Class = kit.ClassInternal
	if a.core.StepStatusOf(message.step) != kit.StepNew {
		deadline.At = a.core.StepTurn(message.step)
	}
	return deadline
}

func (a *appointment) isDue(ctx workflow.Context, reminders bool) bool {
	now := workflow.Now(ctx)
	for _, message := range a.messages(reminders) {
		if at := a.turn(message).At; !at.IsZero() && !at.After(now) {
			return true
		}
	}
	return false
}

// giveUpMessages ends what was not sent before the start: after it, nothing is.
func (a *appointment) giveUpMessages(ctx workflow.Context) {
	for _, message := range a.messages(true) {
		a.core.GiveUp(message.step)
		a.core.Note(ctx, "step", message.deadline.Name+" not sent: the appointment has started")
	}
	a.state.Announce, a.state.Reminders = nil, nil
}

// operatorHelped says whether an operator has sent a parked message on its way.
func (a *appointment) operatorHelped() bool {
	for _, message := range a.messages(true) {
		_, tried := a.state.Common.Ledger[message.step]
		status := a.core.StepStatusOf(message.step)
		if tried && status == kit.StepNew || status == kit.StepSkipped {
			return true
		}
	}
	return false
}

// takeTurns sends what is due of a list and returns what is left. One channel
// that fails holds no other back: it keeps its place, and comes to its turn again.
func takeTurns(ctx workflow.Context, list []timetable.ReminderTime, send func(timetable.ReminderTime) error) ([]timetable.ReminderTime, error) {
	var left []timetable.ReminderTime
	for i, entry := range list {
		if entry.At.After(workflow.Now(ctx)) {
			left = append(left, entry)
			continue
		}
		err := send(entry)
		switch {
		case errors.Is(err, kit.ErrStepWaits):
			left = append(left, entry)
		case err != nil && !errors.Is(err, kit.ErrStepMissed):
			return append(left, list[i:]...), err
		}
	}
	return left, nil
}

func (a *appointment) remindAll(ctx workflow.Context) error {
	left, err := takeTurns(ctx, a.state.Reminders, func(entry timetable.ReminderTime) error { return a.remind(ctx, entry) })
	a.state.Reminders = left
	return err
}

// remind sends one reminder, unless its time has passed: after an outage or a
// hold, a late one is worse than none.
func (a *appointment) remind(ctx workflow.Context, reminder timetable.ReminderTime) error {
	step := a.reminderStep(reminder)
	if a.core.StepStatusOf(step) == kit.StepNew && a.tooLate(reminder, workflow.Now(ctx)) {
		a.core.Note(ctx, "step", fmt.Sprintf("reminder %s %s not sent: its time has passed", reminder.Name, reminder.Channel))
		return nil
	}
	params := map[string]string{"name": a.state.Contact.Name, "start": a.state.Times.Local, "in": reminder.Name}
	return a.send(ctx, step, reminder.Channel, wording.Reminder, params)
}

func (a *appointment) reminderStep(reminder timetable.ReminderTime) string {
	return fmt.Sprintf("reminder.%s.%s.rev-%d", reminder.Name, reminder.Channel, a.state.Revision)
}

// tooLate allows half of the way to the start, at most 30 minutes. What a hold
// silenced is sent only if the release asked for it.
func (a *appointment) tooLate(reminder timetable.ReminderTime, now time.Time) bool {
	common := a.state.Common
	if reminder.At.Before(common.ReleasedAt) && !common.SendMissed {
		return true
	}
	if reminder.At.Before(common.ReleasedAt) {
		return !now.Before(a.state.Times.Start)
	}
	grace := min(a.state.Times.Start.Sub(reminder.At)/2, 30*time.Minute)
	return now.After(reminder.At.Add(grace))
}

// toCome keeps the reminders of the present revision whose time is after an
// instant, soonest first. fresh means that the guest learns the time at that
// instant: then a reminder that would follow on its heels is left out as well.
func (a *appointment) toCome(from time.Time, fresh bool) []timetable.ReminderTime {
	var list []timetable.ReminderTime
	for _, reminder := range a.state.Times.Reminders {
		if reminder.At.After(from) && (!fresh || !a.onTheHeels(reminder.Name, from)) {
			list = append(list, reminder)
		}
	}
	slices.SortStableFunc(list, func(x, y timetable.ReminderTime) int { return x.At.Compare(y.At) })
	return list
}

// onTheHeels: "an hour before" is kept only for what is more than 75 minutes
// away, and so on in proportion.
func (a *appointment) onTheHeels(name string, from time.Time) bool {
	for _, reminder := range a.input.Reminders {
		if reminder.Name == name && reminder.Before > 0 {
			return a.state.Times.Start.Sub(from) <= reminder.Before.Value()*5/4
		}
	}
	return false
}

// booked drops the reminders that the confirmation makes needless: it doubles
// as whatever should have come before it.
func (a *appointment) booked(ctx workflow.Context) {
	from := workflow.Now(ctx)
	for _, entry := range a.state.Announce {
		if entry.Channel == "email" && entry.At.After(from) {
			from = entry.At
		}
	}
	a.state.Reminders = a.toCome(from, true)
	if dropped := len(a.state.Times.Reminders) - len(a.state.Reminders); dropped > 0 {
		a.core.Note(ctx, "step", fmt.Sprintf("%d reminders left out: booked too late for them, the confirmation doubles as them", dropped))
	}
}
