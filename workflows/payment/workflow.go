package payment

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

// Steps of an agreement, sent to the provider as Purpose.Step.
const (
	stepDeposit = "deposit"
	stepBalance = "balance"
)

// Result is what a closed plan returns.
type Result struct {
	Money         string `json:"money"`
	CapturedMinor int64  `json:"capturedMinor"`
	RefundedMinor int64  `json:"refundedMinor"`
	Currency      string `json:"currency"`
}

type plan struct {
	core  *kit.Core
	input Input
	state *State
	id    string // workflow ID
}

// Workflow returns the PaymentPlan under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		p, ctx := open(ctx, policy, input)
		return p.run(ctx)
	})
}

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	var problems []string
	if i.GuestRef == "" {
		problems = append(problems, "guestRef: missing")
	}
	if i.Customer.Email == "" && i.Customer.Phone == "" {
		problems = append(problems, "customer: needs email or phone")
	}
	if i.Deposit.Minor <= 0 || len(i.Deposit.Currency) != 3 {
		problems = append(problems, `deposit: want {"minor": more than 0, "currency": "USD"}`)
	}
	if i.Balance.Minor < 0 || (i.Balance.Minor > 0 && i.Balance.Currency != i.Deposit.Currency) {
		problems = append(problems, "balance: want 0 or more, in the deposit's currency")
	}
	if i.SlowMethod < 0 {
		problems = append(problems, "slowMethod: want more than 0, or nothing for the default")
	}
	return problems
}

// open restores or builds the state and sets every handler. The context that it
// returns is the loop's: Temporal's own Cancel is a command here, and does not
// cut off the work that it starts.
func open(ctx workflow.Context, policy kit.Policy, input Input) (*plan, workflow.Context) {
	now := workflow.Now(ctx).UTC()
	if input.State == nil {
		input = input.withDefaults(now)
		input.State = &State{Stage: StageOpening, Since: now, Money: MoneyPending}
	}
	p := &plan{input: input, state: input.State, id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	p.input.State = nil
	cancellable := ctx
	ctx, p.core = kit.Open(ctx, &p.state.Common, policy, input.Pace, p.face)
	p.offer(ctx)
	p.core.OnCancel(cancellable, func() { p.cancel(ctx, Cancel{Kind: reasonCancelled}) })
	return p, ctx
}

func (i Input) withDefaults(now time.Time) Input {
	if i.DepositBy.IsZero() {
		i.DepositBy = now.Add(72 * time.Hour)
	}
	if i.BalanceAt.IsZero() {
		i.BalanceAt = now
	}
	if i.SlowMethod == 0 {
		i.SlowMethod = options.Duration(max(3*i.DepositBy.Sub(now), 0))
	}
	if i.LateWindow == 0 {
		i.LateWindow = options.Duration(30 * 24 * time.Hour)
	}
	return i
}

func (p *plan) face() kit.Face {
	return kit.Face{
		Stage: p.state.Stage, Since: p.state.Since, Money: p.state.Money, Program: p.input.ProgramCode,
		GuestRef: p.input.GuestRef, ArrivalAt: p.input.ArrivalAt, Test: p.input.Test,
		MoneyLine: fmt.Sprintf("%d captured, %d refunded (minor units, %s)", p.state.captured(), p.state.refunded(), p.input.Deposit.Currency),
	}
}

// run is the loop over stages.
func (p *plan) run(ctx workflow.Context) (Result, error) {
	for {
		next, err := p.stage(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			p.core.Finish(ctx)
			p.input.State = p.state
			return Result{}, kit.ContinueAsNew(ctx, Type, p.input)
		case errors.Is(err, kit.ErrDiverted):
			next = p.diversion()
		case err != nil:
			return Result{}, err
		}
		if next == StageEnded && !p.core.Finish(ctx) {
			p.state.Stage = StageEnded
			return p.result(), nil
		}
		if next == StageEnded {
			continue
		}
		p.enter(ctx, next)
	}
}

// diversion is where a command leads: out, or back into the same stage, which
// takes the orders first.
func (p *plan) diversion() string {
	if p.state.Cancel != nil && slices.Contains(cancellable, p.state.Stage) {
		return StageClosing
	}
	return p.state.Stage
}

func (p *plan) stage(ctx workflow.Context) (string, error) {
	// A plan that closes has pages to close before anything else.
	if p.state.Stage != StageClosing {
		if err := p.takeOrders(ctx); err != nil {
			return "", err
		}
	}
	switch p.state.Stage {
	case StageOpening:
		return p.opening(ctx)
	case StageDeposit:
		return p.deposit(ctx)
	case StageBalance:
		return p.balance(ctx)
	case StageArrears:
		return p.arrears(ctx)
	case StagePaid:
		return p.paid(ctx)
	case StageClosing:
		return p.closing(ctx)
	case StageLate:
		return p.late(ctx)
	}
	return "", fmt.Errorf("unknown stage %q of %s", p.state.Stage, p.id)
}

func (p *plan) enter(ctx workflow.Context, stage string) {
	if stage == p.state.Stage {
		return
	}
	p.state.Stage, p.state.Since = stage, workflow.Now(ctx).UTC()
	p.core.DropAll()
	p.core.Note(ctx, "stage", stage)
}

func (p *plan) result() Result {
	return Result{
		Money: p.state.Money, CapturedMinor: p.state.captured(), RefundedMinor: p.state.refunded(),
		Currency: p.input.Deposit.Currency,
	}
}

// tell reports to whoever asked to be notified. A report is named by what it
// says, so that a stage entered again is silent.
func (p *plan) tell(ctx workflow.Context, name string, update Update) {
	if p.input.Notify == "" || slices.Contains(p.state.Reported, name) {
		return
	}
	update.ID = p.core.StepKey("tell." + name)
	update.State, update.Currency = p.state.Money, p.input.Deposit.Currency
	update.CapturedMinor, update.RefundedMinor = p.state.captured(), p.state.refunded()
	update.Charges, update.Terms = p.state.charges(), p.state.Terms
	kit.Tell(ctx, p.core, "tell."+name, p.input.Notify, SignalUpdate, update)
	p.state.Reported = append(p.state.Reported, name)
}
