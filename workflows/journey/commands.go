package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

// offerCommands sets every handler and channel, before the first wait.
func (j *journey) offerCommands(ctx workflow.Context) {
	j.receive(ctx)
	kit.OfferCommands(ctx, j.core,
		func() { j.ask(Chore{Kind: "hold"}) },
		func(fireMissed string) { j.ask(Chore{Kind: "release", Missed: fireMissed}) })
	kit.OnUpdate(ctx, j.core, kit.UpdateCancel, "Cancel the journey: place, money, CRM and guest, in this order.",
		j.checkCancel, func(id string, command kit.Cancel) kit.Verdict {
			j.cancel(ctx, command, id)
			return kit.Verdict{Pending: true, Detail: "the compensations are under way"}
		})
	kit.OnUpdate(ctx, j.core, kit.UpdateReschedule, "Move the session; its reminders move along.",
		func(command kit.Reschedule) error { return j.checkReschedule(command, workflow.Now(ctx)) }, func(id string, command kit.Reschedule) kit.Verdict {
			j.ask(Chore{Kind: "reschedule", Local: command.Start, CommandID: id})
			return kit.Verdict{Pending: true, Detail: "the appointment is being moved"}
		})
	j.offerQueries(ctx)
	j.core.DivertWhen(j.mustDivert)
}

// mustDivert: a cancel or a turn leaves the way at once; a chore lets the stage be
// entered again after it.
func (j *journey) mustDivert() bool {
	return ((j.state.Cancel != nil || j.state.Turn != nil) && !j.leavingForGood()) || len(j.state.Chores) > 0
}

func (j *journey) checkCancel(command kit.Cancel) error {
	if j.leavingForGood() || j.state.Cancel != nil {
		return fmt.Errorf("the journey is %s; there is nothing left to cancel", j.state.Stage)
	}
	if !slices.Contains([]string{"guest", "operator", "property"}, command.By) {
		return fmt.Errorf(`by: want "guest", "operator" or "property"`)
	}
	if r := command.Refund; !slices.Contains([]string{"", "policy", "full", "none"}, r) {
		return fmt.Errorf(`refund: want "policy", "full" or "none"`)
	}
	if command.Refund != "" && command.Refund != "policy" && command.Role != "manager" {
		return fmt.Errorf("refund: only a manager departs from the policy")
	}
	return nil
}

func (j *journey) checkReschedule(command kit.Reschedule, now time.Time) error {
	if !slices.Contains([]string{"held", "confirmed", "moved"}, j.state.Session.State) || j.leavingForGood() {
		return fmt.Errorf("there is no session to move in stage %s", j.state.Stage)
	}
	if err := appointment.CheckStart(command.Start, now); err != nil {
		return err
	}
	if id := command.Appointment; id != "" && id != j.state.Session.ID {
		return fmt.Errorf("appointment: this journey's is %s", j.state.Session.ID)
	}
	return nil
}

func (j *journey) cancel(ctx workflow.Context, command kit.Cancel, id string) {
	if j.state.Cancel != nil || j.leavingForGood() {
		return
	}
	received := command.ReceivedAt
	if received.IsZero() {
		received = workflow.Now(ctx).UTC()
	}
	refund := command.Refund
	if refund == "" {
		refund = "policy"
	}
	j.state.Cancel = &Cancelling{By: command.By, ReceivedAt: received, Refund: refund, CommandID: id}
	j.core.Note(ctx, "command", "cancel by "+command.By)
}

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
			j.tellProfile(ctx, step, profile.SignalChannel, kit.Fact{Type: "opted_out", Data: map[string]string{"channel": chore.Channel}})
		}
		j.state.Chores = j.state.Chores[1:]
	}
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

// Overview answers the query "status".
type Overview struct {
	Stage         string         `json:"stage"`
	Since         time.Time      `json:"since"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Control       string         `json:"control"`
	Attention     []string       `json:"attention,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Money         Money          `json:"money"`
	Session       Session        `json:"session"`
	ArrivalAt     time.Time      `json:"arrivalAt,omitzero"`
	Program       string         `json:"program"`
	ProgramHash   string         `json:"programHash,omitempty"`
	GuestRef      string         `json:"guestRef"`
	OptedOut      []string       `json:"optedOut,omitempty"`
	Steps         []StepView     `json:"steps,omitempty"` // that wait or are parked
	Commands      []kit.Outcome  `json:"commands,omitempty"`
}

// StepView is one step that is not done.
type StepView struct {
	Step      string         `json:"step"`
	Status    kit.StepStatus `json:"status"`
	Error     string         `json:"error,omitempty"`
	Skippable bool           `json:"skippable,omitempty"`
}

func (j *journey) offerQueries(ctx workflow.Context) {
	kit.OnQuery(ctx, kit.QueryStatus, "Where the journey stands, what it waits for, and the last commands.", j.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return j.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", j.core.NextDeadlines)
	kit.OnQuery(ctx, kit.QueryMoney, "What the payment plan told last.", func() Money { return j.state.Money })
}

func (j *journey) overview() Overview {
	return Overview{
		Stage: j.state.Stage, Since: j.state.Since, WaitsFor: j.core.WaitsFor(), Control: j.state.Common.Control,
		Attention: j.state.Common.Attention, NextDeadlines: j.core.NextDeadlines(), Money: j.state.Money,
		Session: j.state.Session, ArrivalAt: j.state.ArrivalAt, Program: j.input.Program,
		ProgramHash: j.state.Program.Hash, GuestRef: j.state.GuestRef, OptedOut: j.state.OptedOut,
		Steps: j.openSteps(), Commands: j.state.Common.Outcomes,
	}
}

func (j *journey) openSteps() []StepView {
	var list []StepView
	for _, name := range workflow.DeterministicKeys(j.state.Common.Ledger) {
		entry := j.state.Common.Ledger[name]
		switch entry.Status {
		case kit.StepParked, kit.StepRetrying, kit.StepTrying:
			list = append(list, StepView{Step: name, Status: entry.Status, Error: entry.Error, Skippable: entry.Skippable})
		}
	}
	return list
}
