package payment_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/worldtest"
)

// journeyID is told by the plans of these tests.
const journeyID = "journey/J9"

// listen records what a plan tells its journey.
func listen(stay *worldtest.Stay) *[]payment.Update {
	var told []payment.Update
	stay.OnSignalExternalWorkflow(mock.Anything, journeyID, mock.Anything, payment.SignalUpdate, mock.Anything).Return(
		func(_, _, _, _ string, arg any) error {
			told = append(told, arg.(payment.Update))
			return nil
		})
	return &told
}

func kinds(told []payment.Update) []string {
	var list []string
	for _, update := range told {
		list = append(list, update.Kind)
	}
	return list
}

func find(t *testing.T, told []payment.Update, kind string) payment.Update {
	t.Helper()
	for _, update := range told {
		if update.Kind == kind {
			return update
		}
	}
	t.Fatalf("no report %q among %v", kind, kinds(told))
	return payment.Update{}
}

// deposit is a plan of a journey: a deposit of 500 dollars within three days.
func deposit() payment.Input {
	input := oldDebt()
	input.Notify = journeyID
	return input
}

func TestASlowMethodExtendsTheDepositOnce(t *testing.T) {
	start := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		settleAfter time.Duration
		paid        bool
		slow        options.Duration
		arrival     time.Time
		money       string
		until       time.Time
	}{
		"it comes within the method's time":           {settleAfter: 6 * day, paid: true, money: "paid", until: start.Add(12 * day)},
		"it fails within it":                          {settleAfter: 6 * day, money: "expired", until: start.Add(12 * day)},
		"it never comes":                              {settleAfter: 90 * day, money: "expired", until: start.Add(12 * day)},
		"the program's own time":                      {settleAfter: 90 * day, slow: options.Duration(day), money: "expired", until: start.Add(4 * day)},
		"never beyond the arrival":                    {settleAfter: 90 * day, arrival: start.Add(5 * day), money: "expired", until: start.Add(5 * day)},
		"it comes after the end: all of it goes back": {settleAfter: 20 * day, paid: true, money: "refunded", until: start.Add(12 * day)},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, id)
			told := listen(stay)
			input := deposit()
			input.SlowMethod, input.ArrivalAt = test.slow, test.arrival
			stay.After(time.Hour, func() {
				require.True(t, stay.World.BeginSlowly("deposit"))
				hint(t, stay, "begun")
			})
			stay.After(test.settleAfter, func() {
				if !stay.IsWorkflowCompleted() && (stay.World.SettleSlowly("deposit", test.paid) || test.paid && stay.World.PayClosed("deposit")) {
					hint(t, stay, "settled")
				}
			})
			result := run(t, stay, input)
			assert.Equal(t, test.money, result.Money)
			assert.Equal(t, test.until, find(t, *told, "processing").Until)
			assert.Equal(t, 1, stay.World.Count("page"), "no second page beside a payment that is under way")
			if test.money == "refunded" {
				assert.Equal(t, result.CapturedMinor, result.RefundedMinor)
			}
		})
	}
}

func TestADepositThatIsNotUnderWayIsNotExtended(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	assert.Equal(t, "expired", run(t, stay, deposit()).Money)
	assert.NotContains(t, kinds(*told), "processing")
}

func TestAWrongAmountNeedsAPerson(t *testing.T) {
	for name, test := range map[string]struct {
		arrived payments.Money
		kept    int64
		back    int64
		stays   bool // the attention
	}{
		"a part":             {payments.Money{Minor: 20000, Currency: "USD"}, 20000, 20000, true},
		"too much goes back": {payments.Money{Minor: 60000, Currency: "USD"}, 50000, 10000, false},
		"another currency":   {payments.Money{Minor: 50000, Currency: "MXN"}, 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, id)
			told := listen(stay)
			stay.After(time.Hour, func() {
				require.True(t, stay.World.PayOther("deposit", test.arrived))
				hint(t, stay, "other")
			})
			stay.After(2*time.Hour, func() { assert.Equal(t, test.stays, len(attention(t, stay)) > 0) })
			result := run(t, stay, deposit())
			assert.Contains(t, kinds(*told), "wrong_amount")
			assert.Equal(t, test.back, result.RefundedMinor)
			if test.stays {
				assert.NotContains(t, kinds(*told), "deposit_paid", "a wrong amount books nothing")
			}
		})
	}
}

func TestTheRefundTierCountsDaysOfThePropertysCalendar(t *testing.T) {
	// Arrival on 1 June, 15:00 in New York; 90 days before is 3 March, in winter
	// time. A request late on that day is in time there, though it is less than
	// 90 times 24 hours before and already the next day in UTC.
	arrival := time.Date(2027, 6, 1, 19, 0, 0, 0, time.UTC)
	for received, want := range map[string]int64{
		"2027-03-03T23:59:59-05:00": 50000,
		"2027-03-04T00:00:00-05:00": 0,
	} {
		t.Run(received, func(t *testing.T) {
			stay := worldtest.NewAlone(t, id)
			input := deposit()
			input.Notify, input.Zone, input.ArrivalAt = "", "America/New_York", arrival
			input.Refunds = []programs.RefundTier{{AtLeast: options.Duration(90 * day), DepositPercent: 100, BalancePercent: 100}}
			stay.After(time.Hour, paid(t, stay, "e1"))
			at, err := time.Parse(time.RFC3339, received)
			require.NoError(t, err)
			// It is worked on weeks later: only its receipt counts.
			stay.After(40*day, func() {
				stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("wrote"), By: "guest", ReceivedAt: at}, nil)
			})
			assert.Equal(t, want, run(t, stay, input).RefundedMinor)
		})
	}
}

func TestAHoldDoesNotStopTheDepositsDeadline(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(time.Hour, func() {
		stay.Command(id, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("strike")}, nil)
	})
	stay.After(4*day, func() { assert.Contains(t, attention(t, stay), "passed_while_held") })
	assert.Equal(t, "expired", run(t, stay, oldDebt()).Money)
}

func TestANewsThatComesBeforeTheCallReturnsIsNotLost(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	// The page is made and paid while our own call still fails to return.
	stay.World.Fail("page", failure.Ambiguous, 3)
	stay.After(time.Second, func() {
		require.True(t, stay.World.Pay("deposit"))
		hint(t, stay, "early")
	})
	assert.Equal(t, "paid", run(t, stay, oldDebt()).Money)
	assert.Equal(t, 1, stay.World.Count("page"))
}

func TestARefundWithUnknownOutcomeIsMadeOnce(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.World.Fail("refund", failure.Ambiguous, 7)
	stay.After(time.Hour, paid(t, stay, "e1"))
	stay.After(2*time.Hour, func() {
		stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("called"), By: "guest"}, nil)
	})
	assert.Equal(t, int64(50000), run(t, stay, oldDebt()).RefundedMinor)
	assert.Equal(t, 1, stay.World.Count("refund"))
}

// give orders a refund, and hands its outcome or its rejection to then.
func give(stay *worldtest.Stay, refund payment.Refund, then func(kit.Outcome, error)) {
	var refused error
	key := fmt.Sprintf("refund %s %s", refund.CommandID, stay.Now())
	_ = stay.UpdateWorkflowByID(id, payment.UpdateRefund, key, &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { refused = err; then(kit.Outcome{}, err) },
		OnComplete: func(result any, err error) {
			if refused == nil {
				outcome, _ := result.(kit.Outcome)
				then(outcome, err)
			}
		},
	}, refund)
}

func refundOf(command string, minor int64) payment.Refund {
	envelope := worldtest.Operator("goodwill")
	envelope.CommandID = command
	return payment.Refund{Envelope: envelope, Minor: minor, Currency: "USD"}
}

func TestARefundIsCheckedBeforeItIsTaken(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*payment.Refund)
		want   string
	}{
		"another currency":       {func(r *payment.Refund) { r.Currency = "EUR" }, "currency: the plan's is USD"},
		"more than was captured": {func(r *payment.Refund) { r.Minor = 50001 }, "50000 is left"},
		"nothing":                {func(r *payment.Refund) { r.Minor = 0 }, "minor: want more than 0"},
		"an unknown charge":      {func(r *payment.Refund) { r.Charge = "pi_9" }, "charge: want one of pi-page"},
		"a clinician's":          {func(r *payment.Refund) { r.Role = "clinician" }, "role: only an operator or a manager"},
		"without a reason":       {func(r *payment.Refund) { r.Reason = "" }, "reason: "},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, id)
			stay.After(time.Hour, paid(t, stay, "e1"))
			refund := refundOf("c1", 100)
			test.change(&refund)
			asked := false
			stay.After(2*time.Hour, func() {
				give(stay, refund, func(_ kit.Outcome, err error) { asked = true; assert.ErrorContains(t, err, test.want) })
			})
			run(t, stay, oldDebt())
			assert.True(t, asked)
			assert.Zero(t, stay.World.Count("refund"))
		})
	}
}

func TestTwoClicksAreOneRefundAndASecondOneWaits(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	stay.World.SlowRefunds = true
	stay.After(time.Hour, paid(t, stay, "e1"))
	var first, again kit.Outcome
	stay.After(2*time.Hour, func() {
		give(stay, refundOf("c1", 20000), func(outcome kit.Outcome, err error) { require.NoError(t, err); first = outcome })
	})
	stay.After(3*time.Hour, func() {
		give(stay, refundOf("c1", 20000), func(outcome kit.Outcome, err error) { require.NoError(t, err); again = outcome })
		give(stay, refundOf("c2", 100), func(_ kit.Outcome, err error) {
			require.ErrorContains(t, err, "refund in flight: re-")
		})
	})
	stay.After(4*time.Hour, func() { stay.World.ArriveRefunds(); hint(t, stay, "arrived") })
	stay.After(5*time.Hour, func() {
		give(stay, refundOf("c3", 30000), func(_ kit.Outcome, err error) { require.NoError(t, err) })
	})
	result := run(t, stay, deposit())
	assert.Equal(t, "c1", first.CommandID)
	assert.Equal(t, "done", again.Status, "the second click returns the first one's result")
	assert.Equal(t, int64(50000), result.RefundedMinor)
	assert.Equal(t, 2, stay.World.Count("refund"))
	done := find(t, *told, "refund_done")
	assert.Equal(t, "c1", done.CommandID)
	require.Len(t, done.Charges, 1)
	assert.Equal(t, int64(20000), done.Charges[0].AskedMinor)
	assert.Equal(t, int64(50000), done.Charges[0].CapturedMinor)
}

func TestAJourneysRefundIsAnsweredByAReport(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	stay.After(time.Hour, paid(t, stay, "e1"))
	order := func(signal, command string, money payments.Money) {
		require.NoError(t, stay.SignalWorkflowByID(id, payment.SignalCommand, payment.Command{ID: signal, Kind: "refund", Amount: money, CommandID: command}))
	}
	stay.After(2*time.Hour, func() {
		order("s1", "c1", payments.Money{Minor: 20000, Currency: "USD"})
		order("s2", "c1", payments.Money{Minor: 20000, Currency: "USD"})
		order("s3", "c2", payments.Money{Minor: 40000, Currency: "USD"})
		order("s4", "c3", payments.Money{Minor: 10, Currency: "EUR"})
	})
	result := run(t, stay, deposit())
	assert.Equal(t, int64(20000), result.RefundedMinor)
	answers := map[string]string{}
	for _, update := range *told {
		if update.CommandID != "" {
			answers[update.CommandID] = update.Kind + ": " + update.Detail
		}
	}
	assert.Contains(t, answers["c1"], "refund_done: refund re-")
	assert.Contains(t, answers["c2"], "refund_refused: charge")
	assert.Contains(t, answers["c3"], "refund_refused: currency")
}

func TestACancelTakesAnOperatorsRefundIntoAccount(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(time.Hour, paid(t, stay, "e1"))
	stay.After(2*time.Hour, func() {
		give(stay, refundOf("c1", 20000), func(_ kit.Outcome, err error) { require.NoError(t, err) })
		stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("called"), By: "guest"}, nil)
	})
	assert.Equal(t, int64(50000), run(t, stay, oldDebt()).RefundedMinor)
	assert.Equal(t, 2, stay.World.Count("refund"))
}

func TestARefundThatWasTakenBackIsMadeGoodByAnOperator(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	stay.After(time.Hour, paid(t, stay, "e1"))
	stay.After(2*time.Hour, func() {
		stay.Command(id, kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("called"), By: "guest"}, nil)
	})
	stay.After(10*day, func() { stay.World.FailRefunds(); hint(t, stay, "reversed") })
	stay.After(11*day, func() {
		assert.Equal(t, []string{"refund_failed"}, attention(t, stay))
		give(stay, refundOf("c1", 50000), func(_ kit.Outcome, err error) { require.NoError(t, err) })
	})
	stay.After(12*day, func() { assert.Empty(t, attention(t, stay)) })
	result := run(t, stay, deposit())
	assert.Equal(t, int64(50000), result.RefundedMinor)
	assert.Equal(t, 2, stay.World.Count("refund"))
	assert.Contains(t, kinds(*told), "refund_failed")
}
