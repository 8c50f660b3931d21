package appointment

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/calendar"
	"guestjourney/activities/email"
	"guestjourney/activities/sms"
	"guestjourney/activities/timetable"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

const holdStep = "calendar.hold"

// holding takes the place.
func (a *appointment) holding(ctx workflow.Context) (string, error) {
	if err := a.compute(ctx); err != nil {
		return "", err
	}
	_, err := kit.Do(ctx, a.core, kit.Step[calendar.Entry, calendar.Ref]{
		Name: holdStep, Call: calendar.Hold, Request: a.entry(a.state.Confirm && a.input.HoldUntil.IsZero()),
	})
	return StageHeld, err
}

// held waits for the confirmation, at most as long as the place is kept.
func (a *appointment) held(ctx workflow.Context) (string, error) {
	a.tell(ctx, "held")
	if !a.input.HoldUntil.IsZero() {
		deadline := a.core.Deadline("hold", a.input.HoldUntil, kit.ClassInventory, "the place is given back")
		wake, err := a.core.Until(ctx, deadline, func() bool { return a.state.Confirm })
		if err != nil {
			return "", err
		}
		if wake == kit.Expired {
			a.end(ctx, StageReleased, "")
			return StageReleasing, nil
		}
		if err := a.write(ctx, "calendar.confirm"); err != nil {
			return "", err
		}
	}
	a.tell(ctx, "confirmed")
	return StageConfirmed, nil
}

// confirmed sends the reminders of the present revision, until the start.
func (a *appointment) confirmed(ctx workflow.Context) (string, error) {
	for len(a.state.Reminders) > 0 {
		deadline := a.nextReminder()
		if _, err := a.core.Until(ctx, deadline, a.operatorHelped); err != nil {
			return "", err
		}
		if err := a.remindAll(ctx); err != nil {
			return "", err
		}
	}
	start := a.core.Deadline(fmt.Sprintf("start rev %d", a.state.Revision), a.state.Times.Start, kit.ClassInternal, "the appointment starts")
	if _, err := a.core.Until(ctx, start, func() bool { return false }); err != nil {
		return "", err
	}
	return StageStarted, nil
}

// nextReminder is when the next reminder is due, or has its next turn after a
// failure; at the start at the latest, when all that is left has been missed.
func (a *appointment) nextReminder() kit.Deadline {
	next := kit.Deadline{
		Name: fmt.Sprintf("start rev %d", a.state.Revision), At: a.state.Times.Start,
		Class: kit.ClassInternal, Consequence: "the appointment starts",
	}
	for _, reminder := range a.state.Reminders {
		deadline := a.reminderDeadline(reminder)
		if a.core.StepStatusOf(a.reminderStep(reminder)) != kit.StepNew {
			deadline.At = a.core.StepTurn(a.reminderStep(reminder))
		}
		if !deadline.At.IsZero() && deadline.At.Before(next.At) {
			next = deadline
		}
	}
	return next
}

// operatorHelped says whether an operator has sent a parked reminder on its way.
func (a *appointment) operatorHelped() bool {
	for _, reminder := range a.state.Reminders {
		switch _, tried := a.state.Common.Ledger[a.reminderStep(reminder)]; {
		case tried && a.core.StepStatusOf(a.reminderStep(reminder)) == kit.StepNew,
			a.core.StepStatusOf(a.reminderStep(reminder)) == kit.StepSkipped:
			return true
		}
	}
	return false
}

// remindAll sends every reminder that is due. One channel that fails holds no
// other back: it keeps its place in the list, and comes to its turn again.
func (a *appointment) remindAll(ctx workflow.Context) error {
	var left []timetable.ReminderTime
	for i, reminder := range a.state.Reminders {
		if reminder.At.After(workflow.Now(ctx)) {
			left = append(left, reminder)
			continue
		}
		err := a.remind(ctx, reminder)
		switch {
		case errors.Is(err, kit.ErrStepWaits):
			left = append(left, reminder)
		case err != nil:
			a.state.Reminders = append(left, a.state.Reminders[i:]...)
			return err
		}
	}
	a.state.Reminders = left
	return nil
}

// started waits for the end; attendance is a later concern.
func (a *appointment) started(ctx workflow.Context) (string, error) {
	a.tell(ctx, "started")
	over := a.state.Times.End.Add(a.input.AttendanceAfter.Value())
	deadline := a.core.Deadline("end", over, kit.ClassInternal, "the appointment closes by itself")
	if _, err := a.core.Until(ctx, deadline, func() bool { return false }); err != nil {
		return "", err
	}
	a.tell(ctx, "done")
	return StageDone, nil
}

// releasing gives the place back. The entry is named by the hold's key, so this
// works even when the answer to the hold was lost.
func (a *appointment) releasing(ctx workflow.Context) (string, error) {
	if a.core.StepStatusOf(holdStep) != kit.StepNew {
		_, err := kit.Do(ctx, a.core, kit.Step[calendar.Place, calendar.Ref]{
			Name: "calendar.release", Call: calendar.Release,
			Request: calendar.Place{HoldKey: a.core.StepKey(holdStep), CalendarID: a.input.CalendarID},
		})
		if err != nil {
			return "", err
		}
	}
	a.tell(ctx, a.state.End)
	a.core.Complete(a.state.EndedBy, "done", a.state.End)
	return a.state.End, nil
}

// move makes the new revision: new times, new calendar entry, one message. The
// old revision's reminders are gone from here on.
func (a *appointment) move(ctx workflow.Context) error {
	move := *a.state.Move
	if a.state.Local != move.Local {
		a.state.Local = move.Local
		a.state.Revision++
		a.state.Reminders = nil
		a.core.DropAll()
		a.core.Note(ctx, "stage", fmt.Sprintf("revision %d", a.state.Revision))
	}
	// The move is taken here; a further one diverts, and finds a new revision.
	a.state.Move = nil
	return a.moved(ctx, move, a.state.Stage != StageHolding)
}

func (a *appointment) moved(ctx workflow.Context, move Move, announce bool) error {
	restore := func(err error) error {
		switch {
		case a.state.Move != nil:
			a.core.Complete(move.CommandID, "done", "superseded by a later reschedule")
		case a.state.End == "":
			a.state.Move = &move
		default:
			a.core.Complete(move.CommandID, "failed", "the appointment was ended first")
		}
		return err
	}
	if err := a.compute(ctx); err != nil {
		return restore(err)
	}
	if announce {
		if err := a.write(ctx, "calendar.move"); err != nil {
			return restore(err)
		}
		if err := a.announce(ctx); err != nil {
			return restore(err)
		}
		a.tell(ctx, "moved")
	}
	a.core.Complete(move.CommandID, "done", "moved to "+a.state.Times.Start.Format(time.RFC3339))
	return nil
}

// compute asks for the instants of the present revision.
func (a *appointment) compute(ctx workflow.Context) error {
	plus := a.input.Plus
	if a.state.Revision > 1 {
		plus = 0
	}
	times, err := kit.Ask(ctx, a.core, fmt.Sprintf("times.rev-%d", a.state.Revision), timetable.Request{
		Local: a.state.Local, Plus: plus, Zone: a.input.Zone, Duration: a.input.Duration,
		GuestZone: a.state.Contact.Zone, Reminders: a.input.Reminders, QuietHours: a.input.QuietHours,
	}, timetable.Compute)
	if err != nil {
		return err
	}
	a.state.Times = &times
	a.state.Reminders = toCome(times.Reminders, workflow.Now(ctx))
	return nil
}

// toCome keeps the reminders whose time has not passed, soonest first.
func toCome(reminders []timetable.ReminderTime, now time.Time) []timetable.ReminderTime {
	var list []timetable.ReminderTime
	for _, reminder := range reminders {
		if reminder.At.After(now) {
			list = append(list, reminder)
		}
	}
	slices.SortStableFunc(list, func(x, y timetable.ReminderTime) int { return x.At.Compare(y.At) })
	return list
}

func (a *appointment) entry(confirmed bool) calendar.Entry {
	return calendar.Entry{
		HoldKey: a.core.StepKey(holdStep), CalendarID: a.input.CalendarID, Title: a.input.Title,
		Start: a.state.Times.Start, End: a.state.Times.End, Zone: a.input.Zone,
		Confirmed: confirmed, WorkflowID: a.id,
	}
}

// write brings the calendar to the present times and status.
func (a *appointment) write(ctx workflow.Context, step string) error {
	_, err := kit.Do(ctx, a.core, kit.Step[calendar.Entry, calendar.Ref]{
		Name: fmt.Sprintf("%s.rev-%d", step, a.state.Revision), Call: calendar.Change, Request: a.entry(a.state.Confirm),
	})
	return err
}

func (a *appointment) reminderDeadline(reminder timetable.ReminderTime) kit.Deadline {
	return kit.Deadline{
		Name: fmt.Sprintf("reminder %s %s rev %d", reminder.Name, reminder.Channel, a.state.Revision),
		At:   reminder.At, Class: kit.ClassMessage, Consequence: "the guest is reminded",
	}
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
	err := a.send(ctx, step, reminder.Channel, wording.Reminder, params, true)
	if errors.Is(err, kit.ErrStepMissed) {
		return nil
	}
	return err
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

// announce tells the guest the new time, on every open channel.
func (a *appointment) announce(ctx workflow.Context) error {
	params := map[string]string{"name": a.state.Contact.Name, "start": a.state.Times.Local}
	for _, channel := range []string{"email", "sms"} {
		step := fmt.Sprintf("moved.%s.rev-%d", channel, a.state.Revision)
		err := a.send(ctx, step, channel, wording.Moved, params, false)
		if err != nil && !errors.Is(err, kit.ErrStepMissed) {
			return err
		}
	}
	return nil
}

// send sends one message on one channel. Whether the guest may be reached there
// is looked at now, not when the message was planned.
func (a *appointment) send(ctx workflow.Context, step, channel, template string, params map[string]string, patient bool) error {
	before := a.state.Times.Start
	contact := a.state.Contact
	if slices.Contains(contact.OptedOut, channel) {
		a.core.Note(ctx, "step", step+" not sent: the guest closed this channel")
		return nil
	}
	switch {
	case channel == "sms" && contact.Phone != "":
		receipt, err := kit.Do(ctx, a.core, kit.Step[sms.Message, sms.Receipt]{
			Name: step, Call: sms.Send, Guest: true, Skippable: true, Patient: patient, Before: before,
			Request: sms.Message{To: contact.Phone, Template: template, Locale: contact.Locale, Params: params, WorkflowID: a.id},
		})
		if receipt.Blocked {
			a.blocked(ctx, channel)
		}
		return err
	case channel == "email" && contact.Email != "":
		_, err := kit.Do(ctx, a.core, kit.Step[email.Message, email.Receipt]{
			Name: step, Call: email.Send, Guest: true, Skippable: true, Patient: patient, Before: before,
			Request: email.Message{
				To: contact.Email, Name: contact.Name, Template: template, Locale: contact.Locale, Params: params,
				WorkflowID: a.id, Tracking: email.Tracking(a.input.EmailTracking),
			},
		})
		return err
	}
	return nil
}

// blocked closes a channel that the provider refuses for this guest.
func (a *appointment) blocked(ctx workflow.Context, channel string) {
	a.state.Contact.OptedOut = append(a.state.Contact.OptedOut, channel)
	a.core.Note(ctx, "fact", channel+" is blocked by the provider: the guest has opted out there")
	if a.input.Notify != "" {
		name := "tell.opted_out." + channel
		kit.Tell(ctx, a.core, name, a.input.Notify, SignalUpdate, Update{
			ID: a.core.StepKey(name), Kind: "opted_out", State: a.state.Stage, Revision: a.state.Revision, Channel: channel,
		})
	}
}
