package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/kit"
)

// outage is half an hour at 90 times the speed: an operator is told after 10 s
// instead of 15 minutes.
const outage = 20 * time.Second

// TestAnOutageUnderTwoHundredJourneysNeedsNobody: first the CRM is gone for all of
// them, then the calendar for a while for those whose guests answer. Operators are
// told, have nothing to do, and no effect is lost or doubled. The CRM that is back
// is not run over by those who waited for it.
func TestAnOutageUnderTwoHundredJourneysNeedsNobody(t *testing.T) {
	const journeys, guests, rate = 200, 10, 40
	program := quick()
	program.Pace.AttentionAfter, program.Pace.RetryFirst, program.Pace.RetryMax = seconds(10), seconds(5), seconds(10)
	program.Length, program.Deadlines.Conversing = seconds(10), seconds(600)
	// Who waits for a circuit asks again when its time is over: two hundred that ask
	// every second keep the machine busy, and show nothing more.
	h := open(t, settings{program: program, alone: true, env: []string{fmt.Sprintf("HUBSPOT_RATE=%d", rate), "CIRCUIT_OPEN=4s"}})
	ids := make([]string, journeys)
	for i := range ids {
		ids[i] = newJourneyID()
	}
	h.inviteThose(func(id string) bool { return slices.Contains(ids[:guests], id) }, 40*time.Second)

	over := h.down("hubspot")
	for i, id := range ids {
		h.beginAs(id, lead(i+1))
	}
	h.eventually(3*outage, "operators are told of every journey", func() bool { return h.attention("retrying:crm.contact") == journeys })
	h.until(over)
	h.down("google")
	h.sandbox.ClearFaults("hubspot")
	back := time.Now()
	h.eventually(4*outage, "a guest meets the calendar's outage", func() bool { return h.refused("google", "events.insert") > 3 })
	h.eventually(4*outage, "the CRM is back, and operators are still told", func() bool { return h.attention("retrying:crm.contact") == 0 })
	h.sandbox.ClearFaults("google")

	for _, id := range ids[:guests] {
		h.paidInFull(id)
	}
	for i, id := range ids {
		h.neverParked(id)
		if i < guests {
			h.neverParked(strings.Replace(id, "journey", "pay", 1))
			h.neverParked(strings.Replace(id, "journey", "appt", 1))
		}
	}
	h.once()
	effects := h.effects()
	for made, count := range map[string]int{
		"hubspot contacts.upsert": journeys, "hubspot deals.upsert": journeys + 5*guests, "hubspot notes.upsert": journeys + 5*guests,
		"google events.insert": guests, "google events.update": guests,
		"stripe customers.create": guests, "stripe checkout.sessions.create": guests, "stripe payment_intents.create": guests,
	} {
		assert.Equal(t, count, effects[made], made)
	}
	// The circuit spares a provider that is down: without it every journey makes
	// three calls a round.
	for provider, operation := range map[string]string{"hubspot": "contacts.upsert", "google": "events.insert"} {
		refused := h.refused(provider, operation)
		assert.Positive(t, refused, "%s was never down", provider)
		assert.Less(t, refused, journeys, "%s was called as if it were well", provider)
		t.Logf("%s refused %d calls", provider, refused)
	}
	// A limit of so many a second lets as many more through after a quiet second;
	// the tenth is for the way between the worker's clock and the journal's.
	for window := range 5 {
		most := h.most("hubspot", back, time.Duration(window+1)*time.Second)
		assert.LessOrEqual(t, most, rate*(window+2)*11/10, "calls within %d s", window+1)
		t.Logf("hubspot, back again: %d calls at most within %d s, of %d a second", most, window+1, rate)
	}
	t.Log(effects)
}

// most is the largest number of calls that came within any such window.
func (h *house) most(provider string, since time.Time, window time.Duration) int {
	var at []time.Time
	for _, call := range h.sandbox.Journal(sandbox.JournalFilter{Provider: provider}) {
		if call.At.After(since) {
			at = append(at, call.At)
		}
	}
	most, first := 0, 0
	for last := range at {
		for at[last].Sub(at[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// down takes a provider away and says when its outage is over.
func (h *house) down(provider string) time.Time {
	h.t.Helper()
	require.NoError(h.t, h.sandbox.SetFault(sandbox.Fault{Provider: provider, Kind: sandbox.FaultDown}))
	return time.Now().Add(outage)
}

func (h *house) until(at time.Time) {
	h.t.Helper()
	h.eventually(2*outage, "the outage is over", func() bool { return !time.Now().Before(at) })
}

// attention counts the workflows that ask for an operator for a reason.
func (h *house) attention(reason string) int {
	h.t.Helper()
	answer, err := h.client.CountWorkflow(h.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "Attention = '" + reason + "'"})
	require.NoError(h.t, err)
	return int(answer.GetCount())
}

// neverParked reads the whole timeline, which outlives the workflow.
func (h *house) neverParked(workflowID string) {
	h.t.Helper()
	var timeline []kit.Line
	value, err := h.client.QueryWorkflow(h.t.Context(), workflowID, "", kit.QueryTimeline)
	require.NoError(h.t, err)
	require.NoError(h.t, value.Get(&timeline))
	require.NotEmpty(h.t, timeline)
	for _, line := range timeline {
		assert.NotContains(h.t, line.Text, "parked", workflowID)
	}
}

// refused counts the calls that found the provider down.
func (h *house) refused(provider, operation string) int {
	count := 0
	for _, call := range h.sandbox.Journal(sandbox.JournalFilter{Provider: provider, Operation: operation}) {
		if call.Fault == string(sandbox.FaultDown) {
			count++
		}
	}
	return count
}
