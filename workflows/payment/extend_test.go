package payment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/worldtest"
)

func extend(t *testing.T, stay *worldtest.Stay, until time.Time) func() {
	return func() {
		require.NoError(t, stay.SignalWorkflowByID(id, payment.SignalCommand, payment.Command{ID: "extend-1", Kind: "extend", At: until}))
	}
}

func TestTheTimeForTheDepositIsExtended(t *testing.T) {
	for name, extended := range map[string]bool{"extended": true, "as agreed": false} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, id)
			if extended {
				stay.After(2*day, extend(t, stay, stay.Now().Add(10*day)))
			}
			// The deposit's 3 days are over; a fresh page is open, or none.
			stay.After(8*day, func() {
				if stay.World.Pay("deposit") {
					hint(t, stay, "e1")
				}
			})
			result := run(t, stay, oldDebt())
			if !extended {
				assert.Equal(t, "expired", result.Money)
				return
			}
			assert.Equal(t, "paid", result.Money)
			assert.Equal(t, int64(50000), result.CapturedMinor)
		})
	}
}

func TestAnExtensionThatComesTooLateNeedsAPerson(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(4*day, extend(t, stay, stay.Now().Add(10*day)))
	stay.After(5*day, func() { assert.Equal(t, []string{"extend_refused"}, attention(t, stay)) })
	assert.Equal(t, "expired", run(t, stay, oldDebt()).Money)
}

func TestAPreviewSaysChargeByChargeWhatGoesBack(t *testing.T) {
	arrival := time.Date(2027, 6, 1, 21, 0, 0, 0, time.UTC)
	tiers := []programs.RefundTier{
		{AtLeast: options.Duration(60 * day), DepositPercent: 0, BalancePercent: 100},
		{AtLeast: options.Duration(30 * day), DepositPercent: 0, BalancePercent: 50},
	}
	charges := []payment.Charge{{Step: "deposit", CapturedMinor: 50000}, {Step: "balance", CapturedMinor: 250001, RefundedMinor: 1000}}
	for name, test := range map[string]struct {
		before  time.Duration
		refund  string
		deposit int64
		balance int64
		percent int64
		rule    string
	}{
		"first tier":  {70 * day, "policy", 0, 249001, 100, "received 70 d before arrival: the tier of at least 60 d"},
		"to the hour": {30 * day, "policy", 0, 124000, 50, "received 30 d before arrival: the tier of at least 30 d"},
		"too late":    {30*day - time.Second, "policy", 0, 0, 0, "received 29 d before arrival: later than every tier"},
		"in full":     {day, "full", 50000, 249001, 100, "full, in place of the policy"},
		"none":        {day, "none", 0, 0, 0, "none, in place of the policy"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := payment.PreviewCancel(tiers, arrival, arrival.Add(-test.before), test.refund, charges)
			require.Len(t, lines, 2)
			assert.Equal(t, test.deposit, lines[0].RefundMinor)
			assert.Equal(t, test.balance, lines[1].RefundMinor)
			assert.Equal(t, test.percent, lines[1].Percent)
			assert.Equal(t, test.rule, lines[1].Rule)
		})
	}
}
