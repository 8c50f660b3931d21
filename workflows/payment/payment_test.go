package payment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/payments"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/worldtest"
)

const (
	id  = "pay/P1"
	day = 24 * time.Hour
)

// oldDebt is a plan without a journey.
func oldDebt() payment.Input {
	return payment.Input{
		GuestRef: "g-1", Customer: payment.Customer{Email: "ana@example.com"},
		Deposit: payments.Money{Minor: 50000, Currency: "USD"}, Label: "Open balance",
	}
}

func run(t *testing.T, stay *worldtest.Stay, input payment.Input) payment.Result {
	t.Helper()
	stay.ExecuteWorkflow(payment.Type, input)
	require.NoError(t, stay.GetWorkflowError())
	var result payment.Result
	require.NoError(t, stay.GetWorkflowResult(&result))
	return result
}

func paid(t *testing.T, stay *worldtest.Stay, id string) func() {
	return func() {
		require.True(t, stay.World.Pay("deposit"))
		hint(t, stay, id)
	}
}

func hint(t *testing.T, stay *worldtest.Stay, event string) {
	require.NoError(t, stay.SignalWorkflowByID(id, kit.SignalPayment, kit.Fact{ID: event, Provider: "stripe", Type: "payment_intent.succeeded"}))
}

func attention(t *testing.T, stay *worldtest.Stay) []string {
	t.Helper()
	value, err := stay.QueryWorkflowByID(id, kit.QueryStatus)
	require.NoError(t, err)
	var view payment.Overview
	require.NoError(t, value.Get(&view))
	return view.Attention
}

func TestAPlanRunsAlone(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(time.Hour, paid(t, stay, "e1"))
	assert.Equal(t, payment.Result{Money: "paid", CapturedMinor: 50000, Currency: "USD"}, run(t, stay, oldDebt()))
}

func TestARefundThatFailsLaterKeepsThePlanOpen(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(time.Hour, paid(t, stay, "e1"))
	stay.After(2*time.Hour, func() {
		stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("called"), By: "guest"}, nil)
	})
	stay.After(10*day, func() {
		assert.Empty(t, attention(t, stay))
		stay.World.FailRefunds()
		hint(t, stay, "e2")
	})
	stay.After(11*day, func() { assert.Equal(t, []string{"refund_failed"}, attention(t, stay)) })
	stay.After(60*day, func() {
		assert.Equal(t, []string{"refund_failed"}, attention(t, stay), "it ended with a debt to the guest")
		stay.World.RepeatRefunds()
		hint(t, stay, "e3")
	})
	result := run(t, stay, oldDebt())
	assert.Equal(t, int64(50000), result.RefundedMinor)
	assert.Equal(t, 1, stay.World.Count("refund"))
}

func TestThePageIsLookedAtThoughTheProvidersEventIsLost(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	// Paid, and nobody tells.
	stay.After(2*time.Hour, func() { require.True(t, stay.World.Pay("deposit")) })
	assert.Equal(t, "paid", run(t, stay, oldDebt()).Money)
}

func TestAWrongPlanNamesEveryField(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.ExecuteWorkflow(payment.Type, payment.Input{Balance: payments.Money{Minor: 5, Currency: "EUR"}})
	err := stay.GetWorkflowError()
	for _, field := range []string{"guestRef", "customer", "deposit", "balance"} {
		assert.ErrorContains(t, err, field+":")
	}
}
