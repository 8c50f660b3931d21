package payment

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// Overview answers the query "status".
type Overview struct {
	Stage         string         `json:"stage"`
	Money         string         `json:"money"`
	Control       string         `json:"control"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Attention     []string       `json:"attention,omitempty"`
	CapturedMinor int64          `json:"capturedMinor"`
	RefundedMinor int64          `json:"refundedMinor"`
	Currency      string         `json:"currency"`
	PageURL       string         `json:"pageUrl,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Commands      []kit.Outcome  `json:"commands,omitempty"`
}

// offer sets every handler and channel, before the first wait.
func (p *plan) offer(ctx workflow.Context) {
	kit.OnSignal(ctx, p.core, kit.SignalPayment, "The payment provider says that something changed; the plan reads it.",
		func(fact kit.Fact) string { return fact.ID },
		func(fact kit.Fact) {
			p.state.Hint = true
			p.core.Note(ctx, "fact", fact.Provider+" "+fact.Type+" "+fact.Object)
		})
	kit.OnSignal(ctx, p.core, SignalCommand, "The journey asks its plan to cancel, refund, hold or release.",
		func(command Command) string { return command.ID }, func(command Command) { p.command(ctx, command) })
	kit.OfferCommands(ctx, p.core, nil, func(string) { p.core.Settle("passed_while_held") })
	kit.OnUpdate(ctx, p.core, kit.UpdateCancel, "Close the plan: open pages are closed, what is due is refunded.",
		p.checkCancel, func(id string, command kit.Cancel) kit.Verdict {
			p.cancel(ctx, Cancel{Kind: reasonCancelled, ReceivedAt: command.ReceivedAt, Refund: command.Refund, CommandID: id})
			return kit.Verdict{Pending: true, Detail: "closing"}
		})
	kit.OnUpdate(ctx, p.core, UpdateRefund, "Give a part of one charge back, outside the refund rules.",
		p.checkRefund, func(id string, command Refund) kit.Verdict {
			p.order(ctx, id, command.Charge, payments.Money{Minor: command.Minor, Currency: command.Currency})
			return kit.Verdict{Pending: true, Detail: "the refund is being made"}
		})
	kit.OnQuery(ctx, kit.QueryStatus, "Where the plan stands.", p.overview)
	kit.OnQuery(ctx, kit.QueryMoney, "Captured and refunded, attempt by attempt.", func() State { return p.moneyView() })
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return p.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", p.core.NextDeadlines)
	p.core.DivertWhen(func() bool {
		return p.diversion() != p.state.Stage || p.state.Order == nil && p.hasOrders()
	})
}

// cancellable are the stages that a cancel leaves at once.
var cancellable = []string{StageOpening, StageDeposit, StageBalance, StageArrears, StagePaid}

func (p *plan) checkCancel(command kit.Cancel) error {
	if p.state.Cancel != nil {
		return fmt.Errorf("the plan is %s already", p.state.Stage)
	}
	if r := command.Refund; r != "" && !slices.Contains([]string{"policy", "full", "none"}, r) {
		return fmt.Errorf(`refund: want "policy", "full" or "none"`)
	}
	return nil
}

func (p *plan) command(ctx workflow.Context, command Command) {
	switch command.Kind {
	case "cancel":
		p.cancel(ctx, Cancel{Kind: reasonCancelled, At: command.At, ReceivedAt: command.ReceivedAt, Refund: command.Refund})
	case "refund":
		p.order(ctx, command.CommandID, command.Charge, command.Amount)
	case "hold":
		p.core.Hold(ctx, command.ReceivedAt)
	case "release":
		p.core.Release(ctx, "")
		p.core.Settle("passed_while_held")
	case "extend":
		p.postpone(ctx, command.At)
	default:
		p.core.Note(ctx, "command", "unknown command "+command.Kind)
		p.core.Raise(ctx, "bad_command")
	}
}

// postpone gives the guest more time for the deposit. The hint wakes the stage,
// which looks at its page with the new end in mind.
func (p *plan) postpone(ctx workflow.Context, until time.Time) {
	open := p.state.Cancel == nil && slices.Contains([]string{StageOpening, StageDeposit}, p.state.Stage)
	if !open || !until.After(p.depositDeadline().At) {
		p.core.Note(ctx, "command", "the time for the deposit was not extended: the plan is "+p.state.Stage)
		p.core.Raise(ctx, "extend_refused")
		return
	}
	if p.extended() {
		p.state.DepositBy = until.UTC()
	} else {
		p.input.DepositBy = until.UTC()
	}
	p.core.Move("deposit", until.UTC())
	p.core.Note(ctx, "command", "time for the deposit until "+until.UTC().Format(time.RFC3339))
	p.state.Hint = true
}

// cancel ends the plan early; the first one counts.
func (p *plan) cancel(ctx workflow.Context, cancel Cancel) {
	if p.state.Cancel != nil {
		return
	}
	if cancel.At.IsZero() {
		cancel.At = workflow.Now(ctx).UTC()
	}
	if cancel.ReceivedAt.IsZero() {
		cancel.ReceivedAt = cancel.At
	}
	if cancel.Refund == "" {
		cancel.Refund = "policy"
	}
	p.state.Cancel = &cancel
	p.core.Note(ctx, "command", cancel.Kind)
}

func (p *plan) overview() Overview {
	return Overview{
		Stage: p.state.Stage, Money: p.state.Money, Control: p.state.Common.Control, WaitsFor: p.core.WaitsFor(),
		Attention: p.state.Common.Attention, CapturedMinor: p.state.captured(), RefundedMinor: p.state.refunded(),
		Currency: p.input.Deposit.Currency, PageURL: p.state.Page.URL, NextDeadlines: p.core.NextDeadlines(),
		Commands: p.state.Common.Outcomes,
	}
}

// moneyView is the state without the kit's part.
func (p *plan) moneyView() State {
	view := *p.state
	view.Common = kit.Common{Control: p.state.Common.Control, Attention: p.state.Common.Attention}
	return view
}
