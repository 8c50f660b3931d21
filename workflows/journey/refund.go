package journey

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
)

// RefundMoney is the input of the update "refund".
type RefundMoney struct {
	kit.Envelope
	Minor    int64  `json:"minor"` // minor units
	Currency string `json:"currency"`
}

func (j *journey) offerRefund(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateRefund, "Give money back outside of a cancellation; the payment plan does it.",
		j.mayRefund, j.checkRefund,
		func(id string, command RefundMoney) kit.Verdict {
			j.ask(Chore{Kind: "refund", Amount: payments.Money{Minor: command.Minor, Currency: command.Currency}, CommandID: id})
			return kit.Verdict{Pending: true, Detail: "the payment plan is being asked"}
		})
}

// mayRefund: there is something to give back, and one refund at a time.
func (j *journey) mayRefund() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	if j.state.Money.CapturedMinor <= j.state.Money.RefundedMinor {
		return fmt.Errorf("nothing is captured that could be given back")
	}
	if slices.ContainsFunc(j.state.Common.Outcomes, func(outcome kit.Outcome) bool {
		return outcome.Command == UpdateRefund && outcome.Status == "pending"
	}) {
		return fmt.Errorf("another refund is under way")
	}
	return nil
}

func (j *journey) checkRefund(command RefundMoney) error {
	currency, left := j.program().Price.Deposit.Currency, j.state.Money.CapturedMinor-j.state.Money.RefundedMinor
	switch {
	case command.Currency != currency:
		return fmt.Errorf("currency: the guest paid in %s", currency)
	case command.Minor <= 0:
		return fmt.Errorf("minor: want more than 0, in minor units")
	case command.Minor > left:
		return fmt.Errorf("minor: %d at most are left to give back", left)
	}
	return nil
}
