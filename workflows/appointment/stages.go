package appointment

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/calendar"
	"guestjourney/activities/email"
	"guestjourney/activities/sms"
	"guestjourney/activities/timetable"
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
	if a.state.Known.IsZero() {
		a.state.Known = a.state.Times.Start
	}
	a.tell(ctx, "held")
	if !a.input.HoldUntil.IsZero() {
		kept, err := a.awaitConfirmation(ctx)
		if err != nil || !kept {
			return StageReleasing, err
		}
		if err := a.write(ctx, "calendar.confirm"); err != nil {
			return "", err
		}
	}
	a.booked(ctx)
	a.tell(ctx, "confirmed")
	return StageConfirmed, nil
}

// awaitConfirmation reports false when the place was not confirmed in time.
// Scarce places do not wait for a hold: what runs out during one is given back,
// and a person is told.
func (a *appointment) awaitConfirmation(ctx workflow.Context) (kept bool, err error) {
	hold := a.core.Deadline("hold", a.input.HoldUntil, kit.ClassInventory, "the place is given back")
	for {
		wake, over, err := a.untilMessage(ctx, hold, false, func() bool { return a.state.Confirm })
		switch {
		case err != nil:
			return false, err
		case a.state.Confirm && wake == kit.Ready:
			return true, nil
		case over:
			if a.core.Held() {
				a.core.Raise(ctx, "passed_while_held")
			}
			a.end(ctx, StageReleased, "")
			return false, nil
		case a.core.Held():
			continue
		}
		if err := a.announceAll(ctx); err != nil {
			return false, err
		}
	}
}

// confirmed sends the messages of the present revision, until the start. The
// start comes during a hold as well; what the hold silenced is then left out.
func (a *appointment) confirmed(ctx workflow.Context) (string, error) {
	start := a.core.Deadline(fmt.Sprintf("start rev %d", a.state.Revision), a.state.Times.Start, kit.ClassInternal, "the appointment starts")
	for {
		_, over, err := a.untilMessage(ctx, start, true, a.operatorHelped)
		switch {
		case err != nil:
			return "", err
		case over:
			a.giveUpMessages(ctx)
			return StageStarted, nil
		case a.core.Held():
			continue
		}
		if err := a.announceAll(ctx); err != nil {
			return "", err
		}
		if err := a.remindAll(ctx); err != nil {
			return "", err
		}
	}
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

// move makes the new revision: new times, new calendar entry, and a message that
// waits for the time to undo. The old revision's messages are gone from here on.
func (a *appointment) move(ctx workflow.Context) error {
	move := *a.state.Move
	if a.state.Local != move.Local {
		a.state.Local = move.Local
		a.state.Revision++
		a.state.Reminders, a.state.Announce = nil, nil
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
		a.planAnnouncement(ctx)
		a.tell(ctx, "moved")
	}
	a.core.Complete(move.CommandID, "done", "moved to "+a.state.Times.Start.Format(time.RFC3339))
	return nil
}

// compute asks for the instants of the present revision.
func (a *appointment) compute(ctx workflow.Context) error {
	times, err := a.instants(ctx)
	if err != nil {
		return err
	}
	a.state.Times = &times
	a.state.Reminders = a.toCome(workflow.Now(ctx), true)
	return nil
}

func (a *appointment) instants(ctx workflow.Context) (timetable.Times, error) {
	request := timetable.Request{
		Local: a.state.Local, Plus: a.input.Plus, Zone: a.input.Zone, Duration: a.input.Duration,
		GuestZone: a.state.Contact.Zone, Phone: a.state.Contact.Phone, Reminders: a.input.Reminders, QuietHours: a.input.QuietHours,
	}
	if a.state.Revision > 1 {
		request.Plus, request.TextAfter = 0, workflow.Now(ctx).Add(a.grace())
	}
	return kit.Ask(ctx, a.core, fmt.Sprintf("times.rev-%d", a.state.Revision), request, timetable.Compute)
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

// send sends one message on one channel. Whether the guest may be reached there
// is looked at now, not when the message was planned.
func (a *appointment) send(ctx workflow.Context, step, channel, template string, params map[string]string) error {
	before := a.state.Times.Start
	contact := a.state.Contact
	if slices.Contains(contact.OptedOut, channel) {
		a.core.Note(ctx, "step", step+" not sent: the guest closed this channel")
		return nil
	}
	switch {
	case channel == "sms" && contact.Phone != "":
		receipt, err := kit.Do(ctx, a.core, kit.Step[sms.Message, sms.Receipt]{
			Name: step, Call: sms.Send, Guest: true, Skippable: true, Patient: true, Before: before,
			Request: sms.Message{To: contact.Phone, Template: template, Locale: contact.Locale, Params: params, WorkflowID: a.id},
		})
		if receipt.Blocked {
			a.blocked(ctx, channel)
		}
		return err
	case channel == "email" && contact.Email != "":
		_, err := kit.Do(ctx, a.core, kit.Step[email.Message, email.Receipt]{
			Name: step, Call: email.Send, Guest: true, Skippable: true, Patient: true, Before: before,
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
