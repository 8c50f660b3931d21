package journey

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// OverrideStage is the input of the update "override_stage".
type OverrideStage struct {
	kit.Envelope
	From string `json:"from"` // the present stage
	To   string `json:"to"`
	// Ack lists every guard that the jump breaks, and no other.
	Ack        []string `json:"ack,omitempty"`
	ApprovedBy string   `json:"approvedBy"`
}

// medical are the guards that only a clinician can override.
var medical = []string{GuardConsent, GuardForm, GuardClearance}

func (j *journey) offerOverride(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateOverrideStage, "Put the journey into another stage; every guard that this breaks must be named.",
		j.mayOverride, j.checkOverride,
		func(id string, command OverrideStage) kit.Verdict {
			from := j.state.Stage
			j.waiveUpTo(command.To)
			j.readyFor(command.To)
			j.core.Raise(ctx, "override")
			j.core.Note(ctx, "command", fmt.Sprintf("from %s to %s by %s and %s, in spite of: %s; %s",
				from, command.To, command.Actor, command.ApprovedBy, strings.Join(command.Ack, ", "), command.Reason))
			return j.turnTo(command.To, id)
		})
}

func (j *journey) mayOverride() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	switch {
	case j.state.Stage == StageCaptured:
		return fmt.Errorf("the first stage cannot be left out: nobody knows yet who the guest is")
	case !guards[GuardDates].met(j):
		return fmt.Errorf("every other stage needs the dates: %s", guards[GuardDates].Text)
	}
	return nil
}

func (j *journey) checkOverride(command OverrideStage) error {
	if command.From != j.state.Stage {
		return fmt.Errorf("from: the journey is in %s", j.shownStage())
	}
	if err := j.checkTarget(command.To); err != nil {
		return err
	}
	broken := j.brokenBy(command.To)
	for _, guard := range broken {
		if guard.Fixed {
			return fmt.Errorf("to: %s cannot be overridden: %s; what helps: %s", guard.Name, guard.Text, strings.Join(guard.Unblock, ", "))
		}
	}
	if err := checkAck(command.Ack, broken); err != nil {
		return err
	}
	if err := checkOverrider(command.Role, broken); err != nil {
		return err
	}
	return checkSecond(command.Actor, command.ApprovedBy)
}

// checkTarget: a working stage of this program; the waiting list lies beside the
// way, between an offer that is not accepted and the next one.
func (j *journey) checkTarget(to string) error {
	working := to != StageCompleted && to != StageCaptured && slices.Contains(way, to) && j.applies(to)
	switch {
	case to == j.state.Stage:
		return fmt.Errorf("to: the journey is there already")
	case to == StageWaitlisted && (j.state.Stage != StageOffer || j.state.Money.PlanID != ""):
		return fmt.Errorf("to: only an offer that nobody has paid for leads to the waiting list")
	case to == StageWaitlisted:
		return nil
	case j.state.Stage == StageWaitlisted && to != StageOffer:
		return fmt.Errorf("to: from the waiting list only %s can be entered", StageOffer)
	case !working:
		return fmt.Errorf("to: %q is no working stage of this program", to)
	}
	return nil
}

// checkAck names every guard that is broken, with its text, unless exactly these
// have been named.
func checkAck(ack []string, broken []Guard) error {
	var names, texts []string
	for _, guard := range broken {
		names = append(names, guard.Name)
		texts = append(texts, fmt.Sprintf("%s (%s)", guard.Name, guard.Text))
	}
	slices.Sort(names)
	named := slices.Clone(ack)
	slices.Sort(named)
	switch {
	case slices.Equal(names, named):
		return nil
	case len(broken) == 0:
		return fmt.Errorf("ack: this breaks no guard; leave it empty")
	}
	return fmt.Errorf("ack: list exactly what this breaks: %s", strings.Join(texts, "; "))
}

func checkOverrider(role string, broken []Guard) error {
	need := kit.RoleManager
	if slices.ContainsFunc(broken, func(guard Guard) bool { return slices.Contains(medical, guard.Name) }) {
		need = kit.RoleClinician
	}
	if role != need {
		return fmt.Errorf("role: this jump needs a %s", need)
	}
	return nil
}

// waiveUpTo lets the journey into every stage up to this one. Later stages ask
// again.
func (j *journey) waiveUpTo(to string) {
	for _, stage := range j.entered(to) {
		for _, guard := range j.openGuards(stage) {
			j.waive(stage, guard.Name)
			j.core.Settle("blocked:" + guard.Name)
		}
	}
}

// readyFor sees to what the stages that are left out would have done.
func (j *journey) readyFor(to string) {
	switch {
	case to == StageOffer && j.placeGone():
		// The place is gone: the offer holds a new one, and asks again.
		j.state.Waited = j.state.Places
	case slices.Index(way, to) > slices.Index(way, StageBooked) && !j.placeConfirmed():
		j.ask(Chore{Kind: "confirm"})
	}
	if j.state.Stage == StageClearance {
		j.settleClearance()
	}
}
