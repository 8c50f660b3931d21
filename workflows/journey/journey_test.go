package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/worldtest"
)

const day = 24 * time.Hour

// happily plays a guest who wants, accepts and pays.
func happily(stay *worldtest.Stay, arrival string) {
	stay.After(time.Hour, func() { stay.Intake(arrival) })
	stay.After(2*time.Hour, stay.Accept)
	stay.After(3*time.Hour, func() { stay.Pay("deposit") })
}

func TestAGuestPaysIsBookedAndIsReminded(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, journey.Result{
		Stage: "completed", GuestRef: "J1", MoneyState: "paid", CapturedMinor: 300000, Currency: "USD",
	}, result)
	for operation, want := range map[string]int{
		"claim": 1, "contact": 1, "customer": 1, "page": 1, "charge": 1, "hold": 1, "change": 1, "refund": 0, "release": 0,
		"deal:new": 1, "deal:offer": 1, "deal:deposit": 1, "deal:booked": 1, "deal:in_program": 1, "deal:completed": 1,
		// welcome, offer, payment request, confirmation; two and one reminders; two check-ins by mail
		"sms": 4 + 2, "email": 4 + 1 + 2,
	} {
		assert.Equal(t, want, stay.World.Count(operation), operation)
	}
}
