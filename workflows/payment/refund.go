package payment

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
)

// Reasons of a refund, as the provider and the timeline see them.
const (
	reasonCancelled = "cancelled"
	reasonLate      = "late_capture"
	reasonSurplus   = "surplus"
)

// due is one refund that should be made.
type due struct {
	paymentID string
	minor     int64
	reason    string
}

// dueAfterClosing lists what has to be given back once a plan has been closed:
// everything that was captured after it, and the policy's share of what was
// captured before. What was asked for or given back already is taken off, so
// that asking again adds nothing.
func dueAfterClosing(input Input, state *State) []due {
	tier := tierFor(input.Refunds, input.ArrivalAt, state.Cancel.ReceivedAt)
	var list []due
	for _, attempt := range state.Attempts {
		if attempt.CapturedMinor == 0 {
			continue
		}
		owed, reason := attempt.CapturedMinor, reasonLate
		if !attempt.CapturedAt.After(state.Cancel.At) && state.Cancel.Kind == reasonCancelled {
			owed, reason = share(attempt, tier, state.Cancel.Refund), reasonCancelled
		}
		if missing := owed - max(attempt.RefundedMinor, state.askedFor(attempt.PaymentID)); missing > 0 {
			list = append(list, due{attempt.PaymentID, missing, reason})
		}
	}
	return list
}

// share is what the guest gets back of a payment made in time. Whole minor
// units, rounded down.
func share(attempt payments.Attempt, tier programs.RefundTier, refund string) int64 {
	switch refund {
	case "full":
		return attempt.CapturedMinor
	case "none":
		return 0
	}
	percent := tier.BalancePercent
	if attempt.Step == stepDeposit {
		percent = tier.DepositPercent
	}
	return attempt.CapturedMinor * int64(percent) / 100
}

// tierFor is the first tier whose distance from arrival the request kept. The
// request's time of receipt decides, not the time of processing.
func tierFor(tiers []programs.RefundTier, arrival, received time.Time) programs.RefundTier {
	if arrival.IsZero() {
		return programs.RefundTier{AtLeast: options.Duration(0), DepositPercent: 100, BalancePercent: 100}
	}
	for _, tier := range tiers {
		if arrival.Sub(received) >= tier.AtLeast.Value() {
			return tier
		}
	}
	return programs.RefundTier{}
}

// surplus lists what was paid beyond a step's price: the latest payments go
// back first.
func surplus(state *State, step string, price int64) []due {
	over := -price
	for _, attempt := range state.Attempts {
		if attempt.Step == step {
			over += attempt.CapturedMinor - max(attempt.RefundedMinor, state.askedFor(attempt.PaymentID))
		}
	}
	var list []due
	for i := len(state.Attempts) - 1; i >= 0 && over > 0; i-- {
		attempt := state.Attempts[i]
		left := attempt.CapturedMinor - max(attempt.RefundedMinor, state.askedFor(attempt.PaymentID))
		if attempt.Step != step || left <= 0 {
			continue
		}
		back := min(left, over)
		list = append(list, due{attempt.PaymentID, back, reasonSurplus})
		over -= back
	}
	return list
}
