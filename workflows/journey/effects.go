package journey

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/email"
	"guestjourney/activities/programs"
	"guestjourney/activities/sms"
	"guestjourney/activities/timetable"
	"guestjourney/workflows/kit"
)

// say sends one message on every open channel the guest has. before is when it
// stops to make sense; zero means never.
func (j *journey) say(ctx workflow.Context, step, template string, params map[string]string, before time.Time) error {
	if params == nil {
		params = map[string]string{}
	}
	params["name"] = j.input.Lead.FirstName
	for _, send := range []func() error{
		func() error { return j.mail(ctx, step+".email", template, params, before) },
		func() error { return j.text(ctx, step+".sms", template, params, before) },
	} {
		if err := send(); err != nil && !errors.Is(err, kit.ErrStepMissed) {
			return err
		}
	}
	return nil
}

func (j *journey) mail(ctx workflow.Context, step, template string, params map[string]string, before time.Time) error {
	if !j.mails() || j.did(step) {
		return nil
	}
	_, err := kit.Do(ctx, j.core, kit.Step[email.Message, email.Receipt]{
		Name: step, Call: email.Send, Guest: true, Skippable: true, Before: before,
		Request: email.Message{
			To: j.state.Email, Name: j.input.Lead.FirstName, Template: template, Locale: j.locale(), Params: params,
			WorkflowID: j.id, Tracking: email.Tracking(j.program().EmailTracking),
		},
	})
	return err
}

func (j *journey) text(ctx workflow.Context, step, template string, params map[string]string, before time.Time) error {
	if !j.texts() || j.did(step) {
		return nil
	}
	if err := j.awaitDay(ctx, step, before); err != nil {
		return err
	}
	return j.textNow(ctx, step, template, params, before)
}

// textNow is text at any hour.
func (j *journey) textNow(ctx workflow.Context, step, template string, params map[string]string, before time.Time) error {
	receipt, err := kit.Do(ctx, j.core, kit.Step[sms.Message, sms.Receipt]{
		Name: step, Call: sms.Send, Guest: true, Skippable: true, Before: before,
		Request: sms.Message{To: j.state.Phone, Template: template, Locale: j.locale(), Params: params, WorkflowID: j.id},
	})
	if receipt.Blocked {
		j.refuseChannel("sms")
	}
	return err
}

// mails says whether the guest can be written to by e-mail, texts by text.
func (j *journey) mails() bool {
	return j.state.Email != "" && !slices.Contains(j.state.OptedOut, "email")
}

func (j *journey) texts() bool {
	return j.state.Phone != "" && !slices.Contains(j.state.OptedOut, "sms")
}

// did says whether a step is done. A stage that an operator lets begin again has
// other instants, but says and records nothing twice.
func (j *journey) did(step string) bool { return j.core.StepStatusOf(step) == kit.StepDone }

// awaitDay keeps texts out of the night where the guest may be, if the program
// has quiet hours. A guest who got the same message by mail needs no text in the
// morning; one without an address waits for it.
func (j *journey) awaitDay(ctx workflow.Context, step string, before time.Time) error {
	program := j.program()
	now := workflow.Now(ctx)
	if program.QuietHours == (programs.QuietHours{}) || now.Before(j.state.SendUntil) || j.core.StepStatusOf(step) != kit.StepNew {
		return nil
	}
	window, err := kit.Ask(ctx, j.core, "night."+step, timetable.SendRequest{
		From: now, GuestZone: j.input.Lead.Zone, Phone: j.state.Phone, Zone: program.Zone, QuietHours: program.QuietHours,
	}, timetable.NextSend)
	if err != nil {
		return err
	}
	switch {
	case !window.At.After(now):
	case j.mails():
		return j.core.PassOver(ctx, step, "it is night, and the mail has gone")
	case !before.IsZero() && !window.At.Before(before):
		return j.core.PassOver(ctx, step, "it is night until it would be too late")
	default:
		morning := j.core.Deadline("morning", window.At, kit.ClassMessage, "the guest gets the text")
		if _, err := j.core.Until(ctx, morning, func() bool { return false }); err != nil {
			return err
		}
	}
	j.state.SendUntil = window.OpenUntil
	return nil
}

// record moves the deal and leaves a note: one milestone.
func (j *journey) record(ctx workflow.Context, stage crm.Stage, note string) error {
	if j.state.ContactID == "" {
		return nil // ended before the CRM knew of it
	}
	if j.did("crm.note." + string(stage)) {
		return nil
	}
	price := j.program().Price
	_, err := kit.Do(ctx, j.core, kit.Step[crm.Deal, crm.Ref]{
		Name: "crm.deal." + string(stage), Call: crm.UpsertDeal, Skippable: true,
		Request: crm.Deal{
			JourneyRef: j.id, ContactID: j.state.ContactID, Name: j.input.Program + " " + j.state.GuestRef, Stage: stage,
			AmountMinor: price.Deposit.Minor + price.Balance.Minor, Currency: price.Deposit.Currency,
		},
	})
	if err != nil {
		return err
	}
	_, err = kit.Do(ctx, j.core, kit.Step[crm.Note, crm.Ref]{
		Name: "crm.note." + string(stage), Call: crm.AddNote, Skippable: true,
		Request: crm.Note{ContactID: j.state.ContactID, JourneyRef: j.id, Text: note, AtUnixMilli: j.state.Since.UnixMilli()},
	})
	return err
}

// tellProfile tells the guest's profile, once per step.
func (j *journey) tellProfile(ctx workflow.Context, step, signal string, fact kit.Fact) {
	fact.ID, fact.Provider = j.core.StepKey(step), Type
	fact.OccurredAt, fact.Object = workflow.Now(ctx).UTC(), j.id
	kit.Tell(ctx, j.core, step, "guest/"+j.state.GuestRef, signal, fact)
}
