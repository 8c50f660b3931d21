package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

func TestASilentPlanNeedsAPerson(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Fail("customer", failure.Permanent, 1)
	stay.After(time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
	stay.After(2*time.Hour, stay.Accept)
	stay.After(7*day, func() {
		assert.Contains(t, status(t, stay).Attention, "plan_silent")
		stay.Command("pay/J1", kit.UpdateRetryStep, kit.StepCommand{Envelope: worldtest.Operator("key renewed"), Step: "customer"}, nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "expired_unpaid", result.Reason, "the deposit's deadline was over by then")
	assert.Empty(t, stay.World.Places)
}

func TestAPlaceThatIsNotConfirmedNeedsAPerson(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Fail("change", failure.Permanent, 1)
	happily(stay, "2027-06-01T15:00:00")
	stay.After(4*day, func() {
		assert.Equal(t, []string{"not_confirmed"}, status(t, stay).Attention)
		stay.Command("appt/J1", kit.UpdateRetryStep, kit.StepCommand{Envelope: worldtest.Operator("calendar shared"), Step: "calendar.confirm.rev-1"}, nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestAStayThatIsNeverPaidEndsWithItsDebt(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Decline = true
	happily(stay, "2027-06-01T15:00:00")
	stay.After(93*day, func() {
		view := status(t, stay)
		assert.Contains(t, view.Attention, "unpaid_before_arrival")
		assert.Contains(t, view.Attention, "unpaid_at_arrival")
		assert.Contains(t, view.Attention, "past_due")
		assert.Equal(t, "pre_arrival", view.Stage)
	})
	// The journey is over; the plan keeps the debt until a person writes it off.
	stay.After(200*day, func() {
		stay.Command("pay/J1", kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("written off"), By: "operator", Refund: "none"}, nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, "past_due", result.MoneyState, "the debt stays with the payment plan")
	assert.Equal(t, int64(50000), result.CapturedMinor)
	// Asked at once, after 3 and 7 days, then weekly: six pages in 30 days, and
	// as many pairs of messages, besides the one for the deposit.
	assert.Equal(t, 1+6, stay.World.Count("page"))
	assert.Equal(t, 4+6+2, stay.World.Count("sms"))
}

func TestEveryWaitShowsItsDeadline(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	shown := map[string]string{}
	look := func() {
		view := status(t, stay)
		require.NotEmpty(t, view.NextDeadlines, view.Stage)
		assert.NotEmpty(t, view.NextDeadlines[0].Consequence)
		assert.False(t, view.NextDeadlines[0].At.Before(stay.Now()), "%s is past due in stage %s", view.NextDeadlines[0].Name, view.Stage)
		assert.NotEmpty(t, view.WaitsFor)
		shown[view.Stage] = view.NextDeadlines[0].Name
	}
	for _, at := range []time.Duration{30 * time.Minute, 90 * time.Minute, 150 * time.Minute, 10 * day, 93 * day, 101 * day} {
		stay.After(at, look)
	}

	_, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"conversing": "conversing", "offer": "offer", "deposit_pending": "deposit", "pre_arrival": "balance check",
		"in_program": "departure", "aftercare": "check_in-1",
	}, shown)
}

func TestAProgramMayLeaveOutDepositAndAftercare(t *testing.T) {
	program := worldtest.Retreat()
	program.Stages = []string{"captured", "conversing", "offer", "booked", "pre_arrival", "in_program"}
	stay := worldtest.NewStay(t, program)
	stay.After(time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
	stay.After(2*time.Hour, stay.Accept)

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Zero(t, stay.World.Count("customer")+stay.World.Count("page"))
	assert.Equal(t, 1, stay.World.Count("change"), "the place was not confirmed")
	assert.Equal(t, 3+1, stay.World.Count("email"), "welcome, offer, confirmation; one reminder; no check-in")
}
