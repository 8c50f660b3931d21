package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
)

func (j *journey) offerReschedule(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, kit.UpdateReschedule, "Move the session; its reminders move along.",
		j.mayReschedule,
		func(command kit.Reschedule) error { return j.checkReschedule(command, workflow.Now(ctx)) },
		func(id string, command kit.Reschedule) kit.Verdict {
			j.ask(Chore{Kind: "reschedule", Local: command.Start, CommandID: id})
			return kit.Verdict{Pending: true, Detail: "the appointment is being moved"}
		})
}

func (j *journey) mayReschedule() error {
	if !slices.Contains([]string{"held", "confirmed", "moved"}, j.state.Session.State) || j.leavingForGood() {
		return fmt.Errorf("there is no session to move in stage %s", j.shownStage())
	}
	return nil
}

func (j *journey) checkReschedule(command kit.Reschedule, now time.Time) error {
	if err := appointment.CheckStart(command.Start, now); err != nil {
		return err
	}
	if id := command.Appointment; id != "" && id != j.state.Session.ID {
		return fmt.Errorf("appointment: this journey's is %s", j.state.Session.ID)
	}
	return nil
}
