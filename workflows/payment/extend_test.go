package payment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
				// The page that is open now would have lasted to the old end.
				stay.After(60*time.Hour, extend(t, stay, stay.Now().Add(10*day)))
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
			assert.Equal(t, 8, stay.World.Count("page"), "one for each day")
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
