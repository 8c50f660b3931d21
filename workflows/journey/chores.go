package journey

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

// ask queues a chore for the loop.
func (j *journey) ask(chore Chore) {
	j.state.Asked++
	chore.Number = j.state.Asked
	j.state.Chores = append(j.state.Chores, chore)
}

// doChores passes commands on to the plan and the appointment.
func (j *journey) doChores(ctx workflow.Context) {
	for len(j.state.Chores) > 0 {
		chore := j.state.Chores[0]
		step := fmt.Sprintf("chore-%d.%s", chore.Number, chore.Kind)
		switch chore.Kind {
		case "hold", "release":
			j.tellPlan(ctx, step+".plan", payment.Command{Kind: chore.Kind})
			j.tellSession(ctx, step+".session", appointment.Command{Kind: chore.Kind, FireMissed: chore.Missed})
		case "reschedule":
			if !j.tellSession(ctx, step, appointment.Command{Kind: chore.Kind, Local: chore.Local}) {
				j.core.Complete(chore.CommandID, "failed", "the appointment has closed")
			}
		case "contact":
			contact := j.contact()
			j.tellSession(ctx, step, appointment.Command{Kind: chore.Kind, Contact: &contact})
		case "profile":
			j.tellChannel(ctx, step, chore)
		case "confirm":
			j.tellSession(ctx, j.placeStep("session.confirm"), appointment.Command{Kind: chore.Kind})
		case "extend_plan":
			told := j.tellPlan(ctx, step, payment.Command{Kind: "extend", At: chore.At})
			j.completeTold(chore, told, "the guest may pay until "+chore.At.Format(time.RFC3339))
		case "extend_place":
			j.tellSession(ctx, step, appointment.Command{Kind: "extend", Until: chore.At})
		case "refund":
			if !j.tellPlan(ctx, step, payment.Command{Kind: chore.Kind, Amount: chore.Amount, CommandID: chore.CommandID}) {
				j.completeTold(chore, false, "")
			}
		case "merge":
			j.mergeInto(ctx, chore.Target, chore.CommandID)
		}
		j.state.Chores = j.state.Chores[1:]
	}
}

// completeTold gives a command its outcome, once the plan has it or has closed.
func (j *journey) completeTold(chore Chore, told bool, detail string) {
	if told {
		j.core.Complete(chore.CommandID, "done", detail)
		return
	}
	j.core.Complete(chore.CommandID, "failed", "the payment plan has closed")
}

// tellChannel tells the guest's profile that a channel was closed or opened.
func (j *journey) tellChannel(ctx workflow.Context, step string, chore Chore) {
	kind := "opted_out"
	if chore.Opened {
		kind = "opted_in"
	}
	j.tellProfile(ctx, step, profile.SignalChannel, kit.Fact{Type: kind, Data: map[string]string{"channel": chore.Channel}})
}

// tellPlan commands the payment plan, if there is one.
func (j *journey) tellPlan(ctx workflow.Context, step string, command payment.Command) bool {
	if j.state.Money.PlanID == "" {
		return false
	}
	command.ID = j.core.StepKey(step)
	return kit.Tell(ctx, j.core, step, j.state.Money.PlanID, payment.SignalCommand, command)
}

// tellSession commands the appointment, if there is one.
func (j *journey) tellSession(ctx workflow.Context, step string, command appointment.Command) bool {
	if j.state.Session.ID == "" {
		return false
	}
	command.ID = j.core.StepKey(step)
	return kit.Tell(ctx, j.core, step, j.state.Session.ID, appointment.SignalCommand, command)
}

// contact is how the guest is reached now.
func (j *journey) contact() appointment.Contact {
	return appointment.Contact{
		Name: j.input.Lead.FirstName, Email: j.state.Email, Phone: j.state.Phone, Locale: j.locale(),
		Zone: j.input.Lead.Zone, OptedOut: append([]string(nil), j.state.OptedOut...),
	}
}

func (j *journey) locale() string {
	if j.input.Lead.Locale != "" {
		return j.input.Lead.Locale
	}
	if languages := j.program().Languages; len(languages) > 0 {
		return languages[0]
	}
	return "en"
}
