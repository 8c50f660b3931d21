package follow

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/starter/calls"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// standing reads a status as the query gives it.
func standing(t *testing.T, status any) Standing {
	t.Helper()
	data, err := json.Marshal(status)
	require.NoError(t, err)
	var read Standing
	require.NoError(t, json.Unmarshal(data, &read))
	return read
}

func texts(changes []Change) []string {
	var list []string
	for _, change := range changes {
		list = append(list, change.Kind+" "+change.Text)
	}
	return list
}

func TestEveryChangeIsToldOnce(t *testing.T) {
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	until := at.Add(time.Hour)
	status := journey.Overview{
		Stage: journey.StageOffer, WaitsFor: "offer until " + until.Format(time.RFC3339), Attention: []string{"past_due"}, Control: kit.ControlRunning,
		NextDeadlines: []kit.Deadline{{Name: "arrival", At: until}, {Name: "offer", At: until, Consequence: "lost"}},
		Money:         journey.Money{PlanID: "pay/x", State: payment.MoneyPending},
	}
	timeline := []kit.Line{{At: at, Kind: "stage", Text: "offer"}, {At: at, Kind: "command", Text: "hold", Actor: "ana"}, {At: at, Kind: "attention", Text: "past_due"}}
	s := NewStory("journey/x")

	first := s.Look(at, timeline, standing(t, status))
	assert.Equal(t, []string{"stage offer", "command hold", "waits offer until 2027-03-01T10:00:00Z, then: lost", "money pending: 0 captured, 0 refunded (minor units)", "attention past_due"}, texts(first))
	assert.Equal(t, "ana", first[1].Actor)
	assert.Equal(t, []string{"pay/x"}, s.Standing().Others())
	assert.Empty(t, s.Look(at, timeline, standing(t, status)), "a second look at the same")

	status.Control, status.Attention = kit.ControlHeld, []string{"message_in"}
	timeline = append(timeline[1:], kit.Line{At: until, Kind: "fact", Text: "guest intake"})
	assert.Equal(t, []string{"fact guest intake", "control held", "attention message_in", "settled past_due"}, texts(s.Look(at, timeline, standing(t, status))), "the oldest line may go")
}

func TestAStepUnderWayIsNoWait(t *testing.T) {
	assert.Empty(t, standing(t, journey.Overview{WaitsFor: "crm.contact until 0001-01-01T00:00:00Z"}).Wait())
}

func TestThePlanAloneIsUnderstood(t *testing.T) {
	read := standing(t, payment.Overview{Stage: payment.StagePaid, Money: payment.MoneyPaid, CapturedMinor: 50000, Currency: "USD"})
	assert.Equal(t, "paid: 50000 captured, 0 refunded (minor units, USD)", read.MoneyLine())
	assert.Empty(t, read.Others())
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	s := NewStory("pay/x")
	s.Look(at.Add(time.Hour), []kit.Line{{At: at, Kind: KindStage, Text: payment.StagePaid}}, read)
	assert.Equal(t, at, s.Standing().Since, "it tells no since; its timeline does")
}

func TestCallsInWords(t *testing.T) {
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	for want, call := range map[string]calls.Call{
		"sms.Send under way": {Activity: "sms.Send", Status: calls.UnderWay, At: at},
		"payments.Refund (refund: policy) done in 0.4 s, attempt 2": {Activity: "payments.Refund", Summary: "refund: policy", Status: calls.Done, At: at, Ended: at.Add(400 * time.Millisecond), Attempt: 2},
		"sms.Send failed in 1.0 s: refused":                         {Activity: "sms.Send", Status: calls.Failed, At: at, Ended: at.Add(time.Second), Attempt: 1, Error: "refused"},
	} {
		assert.Equal(t, want, callText(call))
	}
}
