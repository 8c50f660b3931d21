package journey

import (
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/wording"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
)

// offer: a place is held, and the guest decides.
func (j *journey) offer(ctx workflow.Context) (string, error) {
	program := j.program()
	j.renewOffer()
	until := j.state.Since.Add(program.Deadlines.Offer.Value())
	deadline := j.core.Deadline("offer", until, kit.ClassInventory, "the place is given back; lost")
	j.holdPlace(ctx)
	wake, err := j.core.Until(ctx, deadline, func() bool { return j.state.Session.State != "" })
	if err != nil {
		return "", err
	}
	if wake == kit.Expired || j.placeGone() {
		return j.lose("expired"), nil
	}
	if err := j.record(ctx, crm.StageOffer, "Offer sent"); err != nil {
		return "", err
	}
	err = j.say(ctx, j.placeStep("offer"), wording.Offer, map[string]string{
		"program": program.Label, "total": j.total(), "deposit": amount(program.Price.Deposit, j.locale()),
		"until": until.UTC().Format("2006-01-02 15:04 UTC"), "path": "/offer/" + j.short(),
	}, until)
	if err != nil {
		return "", err
	}
	wake, err = j.core.Until(ctx, deadline, func() bool {
		return j.placeGone() || j.state.Answer == "declined" || (j.state.Answer == "accepted" && j.state.Policy.Version != "")
	})
	switch {
	case err != nil:
		return "", err
	case wake == kit.Expired, j.placeGone():
		return j.lose("expired"), nil
	case j.state.Answer == "declined":
		return j.lose("declined"), nil
	}
	return j.next(StageOffer), nil
}

// renewOffer begins anew for a guest who comes back from the waiting list: the
// place of the first offer is gone, and so is the answer to it.
func (j *journey) renewOffer() {
	if j.state.Session.ID != "" && j.placeGone() && j.state.Places == j.state.Waited {
		j.state.Session, j.state.Answer = Session{}, ""
	}
}

// placeStep names a step that belongs to the present place.
func (j *journey) placeStep(step string) string {
	if j.state.Places < 2 {
		return step
	}
	return step + ".place-" + number(j.state.Places)
}

// holdPlace starts the appointment, which holds the place; the journey gives it
// back earlier when offer or deposit run out.
func (j *journey) holdPlace(ctx workflow.Context) {
	program := j.program()
	if j.state.Session.ID != "" {
		return
	}
	j.state.Places++
	id := "appt/" + j.short()
	if j.state.Places > 1 {
		id += "-" + number(j.state.Places)
	}
	kit.Child(ctx, j.core, j.placeStep("session"), appointment.Type, id, appointment.Input{
		Notify: j.id, GuestRef: j.state.GuestRef, Contact: j.contact(), CalendarID: program.Session.CalendarID,
		Title: program.Session.Title, Local: j.state.Intake.Arrival, Plus: program.Session.After, Zone: program.Zone,
		Duration: program.Session.Duration, Reminders: program.Session.Reminders, QuietHours: program.QuietHours,
		// Longer than offer and deposit together: a deposit that came in time must
		// find its place, even if the news of it was slow.
		HoldUntil:       j.state.Since.Add((program.Deadlines.Offer + program.Deadlines.Deposit + j.slowMethod()).Value() + j.patience()),
		AttendanceAfter: program.Deadlines.AttendanceAfter, EmailTracking: program.EmailTracking,
		Pace: program.Pace, ProgramCode: program.Code, Test: j.input.Test,
	})
	j.state.Session.ID = id
}
