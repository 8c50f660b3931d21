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
		cancel := Cancel{Refund: "policy", ReceivedAt: arrival.Add(-before), At: arrival}
		percent, _ := elapsedTerms(tiers(), arrival).share(stepBalance, cancel)
		assert.Equal(t, want, percent, before)
	}
}

func TestThePreviewOfACancelIsWhatTheCancelGivesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := drawState(t)
		state.Cancel.Kind, state.Cancel.At = reasonCancelled, arrival.Add(1000*time.Hour)
		preview := map[string]int64{}
		for _, line := range PreviewCancel(state.Terms, state.charges(), state.Cancel.ReceivedAt, state.Cancel.Refund) {
			if line.RefundMinor > 0 {
				preview[line.Charge] = line.RefundMinor
			}
			if line.Rule == "" {
				t.Fatalf("charge %s: no rule", line.Charge)
			}
		}
		made := map[string]int64{}
		for _, item := range dueAfterClosing(state) {
			made[item.paymentID] = item.minor
		}
		assert.Equal(t, preview, made)
	})
}

func TestAPreviewNamesShareAndRuleOfEveryCharge(t *testing.T) {
	terms := elapsedTerms(tiers(), arrival)
	charges := []ChargeView{
		{Charge: "a", Step: stepDeposit, CapturedMinor: 50000},
		{Charge: "b", Step: stepBalance, CapturedMinor: 100001, RefundedMinor: 20000, AskedMinor: 20000},
	}
	at := arrival.Add(-45 * 24 * time.Hour)
	assert.Equal(t, []RefundLine{
		{Charge: "a", Step: stepDeposit, CapturedMinor: 50000, Rule: "0 % of the deposit: received by 2027-05-02T00:00:00Z"},
		{Charge: "b", Step: stepBalance, CapturedMinor: 100001, Percent: 50, RefundMinor: 30000, Rule: "50 % of the balance: received by 2027-05-02T00:00:00Z"},
	}, PreviewCancel(terms, charges, at, ""))
	assert.Equal(t, "in full, by decision", PreviewCancel(terms, charges, at, "full")[0].Rule)
	assert.Equal(t, "nothing, by decision", PreviewCancel(terms, charges, at, "none")[0].Rule)
	assert.Equal(t, "nothing: received after the last refund date", PreviewCancel(terms, charges, arrival, "policy")[0].Rule)
	assert.Equal(t, "in full: no arrival was agreed", PreviewCancel(Terms{}, charges, arrival, "policy")[0].Rule)
}

// drawState makes a plan that was closed at some time, with attempts before and
// after, and refunds that were asked for or made already.
func drawState(t *rapid.T) *State {
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
	state.Terms = elapsedTerms(tiers(), arrival)
	return state
}

func TestRefundsNeverExceedWhatWasCapturedAndAskingAgainAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := drawState(t)
		for _, item := range dueAfterClosing(state) {
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
		if again := dueAfterClosing(state); len(again) != 0 {
			t.Fatalf("asked again: %v", again)
		}
	})
}

func TestASurplusGoesBackOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := drawState(t)
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

// bank is the provider's side of the property below: what is under way, and
// what has arrived.
type bank struct {
	state   *State
	pending []due
	arrived []due
}

func (b *bank) take(t *rapid.T, item due) {
	refund := payments.Refund{ID: "re", Status: rapid.SampledFrom([]payments.RefundStatus{
		payments.RefundPending, payments.RefundPending, payments.RefundFailed,
	}).Draw(t, "taken as")}
	b.state.keep(item, refund)
	if refund.Status == payments.RefundPending {
		b.pending = append(b.pending, item)
	}
}

func (b *bank) shift(list *[]due, sign int64) (moved due, ok bool) {
	if len(*list) == 0 {
		return due{}, false
	}
	moved, *list = (*list)[0], (*list)[1:]
	for i := range b.state.Attempts {
		if attempt := &b.state.Attempts[i]; attempt.PaymentID == moved.paymentID {
			attempt.RefundedMinor += sign * moved.minor
			b.state.matchRefunds(*attempt)
		}
	}
	return moved, true
}

func TestOperatorsAndRulesTogetherNeverGiveBackMoreThanWasCaptured(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := drawState(t)
		for i := range state.Attempts {
			state.Attempts[i].RefundedMinor = 0
		}
		b := &bank{state: state}
		t.Repeat(map[string]func(*rapid.T){
			"an operator refunds": func(t *rapid.T) {
				minor := rapid.Int64Range(-1, 350000).Draw(t, "minor")
				charge := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "x"}).Draw(t, "charge")
				order, err := state.place("c", charge, payments.Money{Minor: minor, Currency: "USD"}, "USD")
				if err == nil {
					b.take(t, due{paymentID: order.PaymentID, minor: order.Minor, reason: reasonOperator, commandID: "c"})
				}
			},
			"the rules refund": func(t *rapid.T) {
				for _, item := range dueAfterClosing(state) {
					b.take(t, item)
				}
			},
			"a surplus goes back": func(t *rapid.T) {
				for _, item := range surplus(state, stepDeposit, 1000) {
					b.take(t, item)
				}
			},
			"a refund arrives": func(*rapid.T) {
				if item, ok := b.shift(&b.pending, +1); ok {
					b.arrived = append(b.arrived, item)
				}
			},
			"a refund is taken back": func(*rapid.T) { b.shift(&b.arrived, -1) },
			"": func(t *rapid.T) {
				for _, attempt := range state.Attempts {
					given := attempt.RefundedMinor
					for _, item := range b.pending {
						if item.paymentID == attempt.PaymentID {
							given += item.minor
						}
					}
					if given > attempt.CapturedMinor || given < 0 {
						t.Fatalf("payment %s: %d given back or under way of %d", attempt.PaymentID, given, attempt.CapturedMinor)
					}
				}
			},
		})
	})
}
