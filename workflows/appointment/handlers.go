package appointment

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Overview answers the query "status".
type Overview struct {
	Stage         string         `json:"stage"`
	Revision      int            `json:"revision"`
	Control       string         `json:"control"`
	Start         time.Time      `json:"start,omitzero"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Attention     []string       `json:"attention,omitempty"`
	ZoneData      string         `json:"zoneData,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Commands      []kit.Outcome  `json:"commands,omitempty"`
}

// offer sets every handler and channel, before the first wait.
func (a *appointment) offer(ctx workflow.Context) {
	kit.OnSignal(ctx, a.core, SignalCommand, "The journey asks its appointment to confirm, move, cancel, hold or release, or changes how the guest is reached.",
		func(command Command) string { return command.ID }, func(command Command) { a.command(ctx, command) })
	kit.OnSignal(ctx, a.core, SignalReanchor, "A zone's law has changed: compute the times again; the agreed clock time stays.",
		func(anchor Reanchor) string { return anchor.ID }, func(anchor Reanchor) { a.state.Reanchor = &anchor })
	for _, signal := range []string{kit.SignalMessageStatus, kit.SignalEmail} {
		kit.OnSignal(ctx, a.core, signal, "What became of a message.",
			func(fact kit.Fact) string { return fact.ID },
			func(fact kit.Fact) { a.core.Note(ctx, "fact", fact.Provider+" "+fact.Type) })
	}
	kit.OfferCommands(ctx, a.core, nil, nil)
	kit.OnUpdate(ctx, a.core, kit.UpdateCancel, "Give the place back; nothing is sent any more.",
		func(kit.Cancel) error { return a.open() },
		func(id string, _ kit.Cancel) kit.Verdict {
			a.end(ctx, StageCancelled, id)
			return kit.Verdict{Pending: true, Detail: "the place is being given back"}
		})
	kit.OnUpdate(ctx, a.core, kit.UpdateReschedule, "Move to another time; every reminder of the old one is dropped.",
		func(command kit.Reschedule) error { return a.checkMove(command.Start, workflow.Now(ctx)) },
		func(id string, command kit.Reschedule) kit.Verdict {
			a.state.Move = &Move{Local: command.Start, CommandID: id}
			return kit.Verdict{Pending: true, Detail: "the calendar is being changed"}
		})
	kit.OnQuery(ctx, kit.QueryStatus, "Where the appointment stands.", a.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return a.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", a.core.NextDeadlines)
	a.core.DivertWhen(func() bool {
		return a.mayDivert() && (a.state.End != "" || a.state.Move != nil) || a.mayReanchor()
	})
	a.core.Upcoming(a.reminderDeadlines)
}

// mayDivert: a place that is being taken is taken first, and one that is being
// given back stays so.
func (a *appointment) mayDivert() bool {
	return slices.Contains([]string{StageHolding, StageHeld, StageConfirmed, StageStarted}, a.state.Stage)
}

func (a *appointment) open() error {
	if a.state.End != "" || terminal(a.state.Stage) {
		return fmt.Errorf("the appointment is %s", a.state.Stage)
	}
	return nil
}

func (a *appointment) checkMove(start string, now time.Time) error {
	if err := a.open(); err != nil {
		return err
	}
	if a.state.Stage == StageStarted {
		return fmt.Errorf("the appointment has started")
	}
	return CheckStart(start, now)
}

func (a *appointment) command(ctx workflow.Context, command Command) {
	switch command.Kind {
	case "confirm":
		a.state.Confirm = true
	case "cancel":
		a.end(ctx, StageCancelled, "")
	case "reschedule":
		if err := a.checkMove(command.Local, workflow.Now(ctx)); err != nil {
			a.core.Note(ctx, "command", "reschedule refused: "+err.Error())
			a.core.Raise(ctx, "reschedule_refused")
			return
		}
		a.state.Move = &Move{Local: command.Local}
	case "hold":
		a.core.Hold(ctx, time.Time{})
	case "release":
		a.core.Release(ctx, command.FireMissed)
	case "contact":
		if command.Contact != nil {
			a.state.Contact = *command.Contact
		}
	case "extend":
		if !a.input.HoldUntil.IsZero() && command.Until.After(a.input.HoldUntil) {
			a.input.HoldUntil = command.Until.UTC()
			a.core.Move("hold", a.input.HoldUntil)
		}
	default:
		a.core.Note(ctx, "command", "unknown command "+command.Kind)
		a.core.Raise(ctx, "bad_command")
	}
}

// end gives the place back; the first reason counts.
func (a *appointment) end(ctx workflow.Context, why, commandID string) {
	if a.state.End != "" || terminal(a.state.Stage) {
		return
	}
	a.state.End, a.state.EndedBy = why, commandID
	a.state.Move, a.state.Reanchor, a.state.Reminders, a.state.Announce = nil, nil, nil, nil
	a.core.Note(ctx, "command", why)
}

func (a *appointment) overview() Overview {
	view := Overview{
		Stage: a.state.Stage, Revision: a.state.Revision, Control: a.state.Common.Control,
		WaitsFor: a.core.WaitsFor(), Attention: a.state.Common.Attention,
		NextDeadlines: a.core.NextDeadlines(), Commands: a.state.Common.Outcomes,
	}
	if a.state.Times != nil {
		view.Start, view.ZoneData = a.state.Times.Start, a.state.Times.ZoneData
	}
	return view
}

// reminderDeadlines lists the messages that are still to come.
func (a *appointment) reminderDeadlines() []kit.Deadline {
	var list []kit.Deadline
	for _, message := range a.messages(true) {
		list = append(list, message.deadline)
	}
	return list
}
