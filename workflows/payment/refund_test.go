package payment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
)

var arrival = time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)

func tiers() []programs.RefundTier {
	day := 24 * time.Hour
	return []programs.RefundTier{
		{AtLeast: options.Duration(90 * day), DepositPercent: 100, BalancePercent: 100},
		{AtLeast: options.Duration(60 * day), DepositPercent: 0, BalancePercent: 100},
		{AtLeast: options.Duration(30 * day), DepositPercent: 0, BalancePercent: 50},
	}
}

func TestTheTimeOfReceiptDecidesTheTier(t *testing.T) {
	for before, want := range map[time.Duration]int{
		90 * 24 * time.Hour: 100, 90*24*time.Hour - time.Second: 100, 60*24*time.Hour - time.Second: 50, 30*24*time.Hour - time.Second: 0,
	} {
		assert.Equal(t, want, tierFor(tiers(), arrival, arrival.Add(-before)).BalancePercent, before)
	}
}

// drawState makes a plan that was closed at some time, with attempts before and
// after, and refunds that were asked for or made already.
func drawState(t *rapid.T) (Input, *State) {
	closedAt := arrival.Add(-time.Duration(rapid.Int64Range(0, 120*24).Draw(t, "hours before arrival")) * time.Hour)
	state := &State{Cancel: &Cancel{
		Kind:       rapid.SampledFrom([]string{"cancelled", "expired"}).Draw(t, "kind"),
		Refund:     rapid.SampledFrom([]string{"policy", "full", "none"}).Draw(t, "refund"),
		ReceivedAt: closedAt, At: closedAt,
	}}
	for i := range rapid.IntRange(0, 4).Draw(t, "attempts") {
		captured := rapid.Int64Range(0, 300000).Draw(t, "captured")
		attempt := payments.Attempt{
			PaymentID: string(rune('a' + i)), Step: rapid.SampledFrom([]string{stepDeposit, stepBalance}).Draw(t, "step"),
			CapturedMinor: captured, CapturedAt: closedAt.Add(time.Duration(rapid.IntRange(-48, 48).Draw(t, "when")) * time.Hour),
			RefundedMinor: rapid.Int64Range(0, captured).Draw(t, "refunded"),
		}
		state.Attempts = append(state.Attempts, attempt)
	}
	return Input{Refunds: tiers(), ArrivalAt: arrival}, state
}

func TestRefundsNeverExceedWhatWasCapturedAndAskingAgainAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input, state := drawState(t)
		for _, item := range dueAfterClosing(input, state) {
			state.Asked = append(state.Asked, Asked{PaymentID: item.paymentID, Minor: item.minor})
		}
		for _, attempt := range state.Attempts {
			given := max(attempt.RefundedMinor, 0) + state.askedFor(attempt.PaymentID)
			if given > attempt.CapturedMinor {
				t.Fatalf("payment %s: %d given back of %d", attempt.PaymentID, given, attempt.CapturedMinor)
			}
			late := attempt.CapturedAt.After(state.Cancel.At) || state.Cancel.Kind == "expired"
			if late && given != attempt.CapturedMinor {
				t.Fatalf("payment %s came too late, but only %d of %d go back", attempt.PaymentID, given, attempt.CapturedMinor)
			}
		}
		// The provider shows what was asked for; nothing more is due.
		for i := range state.Attempts {
			state.Attempts[i].RefundedMinor += state.askedFor(state.Attempts[i].PaymentID)
		}
		if again := dueAfterClosing(input, state); len(again) != 0 {
			t.Fatalf("asked again: %v", again)
		}
	})
}

func TestASurplusGoesBackOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, state := drawState(t)
		price := rapid.Int64Range(0, 300000).Draw(t, "price")
		for _, item := range surplus(state, stepDeposit, price) {
			state.Asked = append(state.Asked, Asked{PaymentID: item.paymentID, Minor: item.minor})
		}
		for i := range state.Attempts {
			state.Attempts[i].RefundedMinor += state.askedFor(state.Attempts[i].PaymentID)
			if state.Attempts[i].RefundedMinor > state.Attempts[i].CapturedMinor {
				t.Fatalf("more than captured goes back")
			}
		}
		if kept := state.capturedFor(stepDeposit); kept > price {
			t.Fatalf("%d kept for a price of %d", kept, price)
		}
	})
}
