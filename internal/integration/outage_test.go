package integration

import (
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

// TestAnOutageUnderFiftyJourneysNeedsNobody: first the CRM is gone, then the
// calendar. Operators are told, have nothing to do, and no effect is lost or
// doubled.
func TestAnOutageUnderFiftyJourneysNeedsNobody(t *testing.T) {
	const guests = 50
	program := quick()
	program.Pace.AttentionAfter = seconds(10)
	program.Length = seconds(10)
	h := open(t, settings{program: program, alone: true})
	h.invite(40*time.Second, true, nil)

	over := h.down("hubspot")
	ids := make([]string, guests)
	for i := range ids {
		ids[i] = h.begin(lead(i + 1))
	}
	h.eventually(outage, "operators are told of every journey", func() bool { return h.attention("retrying:crm.contact") == guests })
	h.until(over)
	over = h.down("google")
	h.sandbox.ClearFaults("hubspot")
	h.eventually(3*outage, "operators are told of every appointment", func() bool { return h.attention("retrying:calendar.hold") == guests })
	assert.Zero(t, h.attention("retrying:crm.contact"), "the CRM is back, and operators are still told")
	h.until(over)
	h.sandbox.ClearFaults("google")

	for _, id := range ids {
		h.paidInFull(id)
	}
	for _, id := range ids {
		for _, kind := range []string{"journey", "pay", "appt"} {
			h.neverParked(strings.Replace(id, "journey", kind, 1))
		}
	}
	h.once()
	effects := h.effects()
	for made, each := range map[string]int{
		"hubspot contacts.upsert": 1, "hubspot deals.upsert": 6, "hubspot notes.upsert": 6, "google events.insert": 1, "google events.update": 1,
		"stripe customers.create": 1, "stripe checkout.sessions.create": 1, "stripe payment_intents.create": 1,
	} {
		assert.Equal(t, guests*each, effects[made], made)
	}
	// The circuit spares a provider that is down: without it every journey makes
	// three calls a round.
	for provider, operation := range map[string]string{"hubspot": "contacts.upsert", "google": "events.insert"} {
		refused := h.refused(provider, operation)
		assert.Positive(t, refused, "%s was never down", provider)
		assert.Less(t, refused, 3*guests, "%s was called as if it were well", provider)
	}
	t.Log(effects)
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
