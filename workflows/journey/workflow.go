package journey

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/programs"
	"guestjourney/workflows/kit"
)

type journey struct {
	core  *kit.Core
	input Input
	state *State
	id    string // workflow ID
}

// Workflow returns the GuestJourney under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		j, ctx := restore(ctx, policy, input)
		return j.run(ctx)
	})
}

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	var problems []string
	if i.Lead.Email == "" && i.Lead.Phone == "" {
		problems = append(problems, "lead: needs email or phone")
	}
	if i.Program == "" {
		problems = append(problems, "program: missing; give the code of a program file")
	}
	if l := i.Lead.Locale; l != "" && l != "en" && l != "es" {
		problems = append(problems, `lead.locale: want "en" or "es"`)
	}
	return problems
}

// restore restores or builds the state and sets every handler.
func restore(ctx workflow.Context, policy kit.Policy, input Input) (*journey, workflow.Context) {
	j := &journey{id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	if input.State == nil {
		input.State = &State{Stage: StageCaptured, Since: workflow.Now(ctx).UTC(), GuestRef: j.short()}
	}
	j.input, j.state = input, input.State
	j.input.State = nil
	cancellable := ctx
	ctx, j.core = kit.Open(ctx, &j.state.Common, policy, j.state.Program.Program.Pace, j.face)
	j.offerCommands(ctx)
	j.core.OnCancel(cancellable, func() {
		j.cancel(ctx, kit.Cancel{Envelope: kit.Envelope{Actor: "temporal"}, By: "operator"}, "")
	})
	return j, ctx
}

// short is the workflow ID without its prefix: the opaque part from which the
// IDs of guest, plan and appointment are made.
func (j *journey) short() string {
	_, short, found := strings.Cut(j.id, "/")
	if !found {
		return j.id
	}
	return strings.ReplaceAll(short, "/", "-")
}

func (j *journey) program() programs.Program { return j.state.Program.Program }

func (j *journey) face() kit.Face {
	return kit.Face{
		Stage: j.shownStage(), Since: j.state.Since, Money: j.state.Money.State, Program: j.input.Program,
		Clearance: j.shownClearance(), Owner: j.state.Owner,
		GuestRef: j.state.GuestRef, ArrivalAt: j.state.ArrivalAt, Test: j.input.Test,
		ArrivalDay: j.arrivalDay(), BlockedBy: j.blockedBy(), MoneyLine: j.moneyLine(),
	}
}

// shownStage is what may be seen in clear.
func (j *journey) shownStage() string {
	if j.state.Stage == StageDeclined {
		return StageClosed
	}
	return j.state.Stage
}

// arrivalDay is the date on the property's calendar.
func (j *journey) arrivalDay() string {
	day, _, _ := strings.Cut(j.state.Intake.Arrival, "T")
	return day
}

func (j *journey) moneyLine() string {
	if j.state.Money.PlanID == "" {
		return ""
	}
	return fmt.Sprintf("%s: %d captured, %d refunded (minor units, %s)", j.state.Money.State,
		j.state.Money.CapturedMinor, j.state.Money.RefundedMinor, j.program().Price.Deposit.Currency)
}

// stageEnd is what the last stage's function returns: nothing is left to do.
const stageEnd = "end"

// run is the loop over stages.
func (j *journey) run(ctx workflow.Context) (Result, error) {
	for {
		next, err := j.turn(j.core.Paced(ctx))
		if err == nil {
			err = j.awaitGuards(ctx, next)
		}
		switch {
		case errors.Is(err, kit.ErrLeave):
			j.core.Finish(ctx)
			j.input.State = j.state
			return Result{}, kit.ContinueAsNew(ctx, Type, j.input)
		case errors.Is(err, kit.ErrDiverted):
			next = j.diversion()
		case err != nil:
			return Result{}, err
		}
		if next == stageEnd {
			j.core.Finish(ctx)
			return j.result(), nil
		}
		j.enter(ctx, next)
	}
}

// turn does what commands left to do, then the present stage.
func (j *journey) turn(ctx workflow.Context) (string, error) {
	j.doChores(ctx)
	switch j.state.Stage {
	case StageCaptured:
		return j.captured(ctx)
	case StageConversing:
		return j.conversing(ctx)
	case StageScreening:
		return j.screening(ctx)
	case StageClearance:
		return j.clearanceReview(ctx)
	case StageOffer:
		return j.offer(ctx)
	case StageWaitlisted:
		return j.waitlisted(ctx)
	case StageDeposit:
		return j.deposit(ctx)
	case StageBooked:
		return j.booked(ctx)
	case StagePreArrival:
		return j.preArrival(ctx)
	case StageInProgram:
		return j.inProgram(ctx)
	case StageAftercare:
		return j.aftercare(ctx)
	case StageCancelling:
		return j.cancelling(ctx)
	}
	if slices.Contains(terminals, j.state.Stage) {
		return j.close(ctx)
	}
	return "", fmt.Errorf("unknown stage %q of %s", j.state.Stage, j.id)
}

// diversion is where a command leads: out of the way, or back into the same
// stage after a chore.
func (j *journey) diversion() string {
	if j.state.Cancel != nil && !j.leavingForGood() {
		if j.state.Turn != nil {
			j.core.Complete(j.state.Turn.CommandID, "failed", "the journey was cancelled first")
			j.state.Turn = nil
		}
		return StageCancelling
	}
	if turn := j.state.Turn; turn != nil && !j.leavingForGood() {
		j.state.Turn = nil
		j.core.Complete(turn.CommandID, "done", "now in "+turn.To)
		return turn.To
	}
	return j.state.Stage
}

func (j *journey) leavingForGood() bool {
	return j.state.Stage == StageCancelling || slices.Contains(terminals, j.state.Stage)
}

func (j *journey) enter(ctx workflow.Context, stage string) {
	if stage == j.state.Stage {
		return
	}
	j.state.Stage, j.state.Since = stage, workflow.Now(ctx).UTC()
	j.core.DropAll()
	j.core.Note(ctx, "stage", stage)
}

func (j *journey) result() Result {
	reason := j.state.Lost
	switch {
	case j.state.Cancel != nil:
		reason = "by " + j.state.Cancel.By
	case j.state.MergedInto != "":
		reason = "into " + j.state.MergedInto
	}
	return Result{
		Stage: j.state.Stage, Reason: reason, GuestRef: j.state.GuestRef, MoneyState: j.state.Money.State,
		CapturedMinor: j.state.Money.CapturedMinor, RefundedMinor: j.state.Money.RefundedMinor,
		Currency: j.program().Price.Deposit.Currency,
	}
}
