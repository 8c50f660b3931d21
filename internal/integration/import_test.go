package integration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/kit"
)

func TestAnImportOfAThousandContactsStartsNoJourney(t *testing.T) {
	h := open(t, settings{alone: true, env: []string{"HUBSPOT_START_SOURCES=website", "HUBSPOT_START_PROGRAM=quick"}})
	imported := make([]map[string]string, 1000)
	for i := range imported {
		imported[i] = map[string]string{"email": "import-" + itoa(i) + "@guests.example", "lead_source": "trade_fair"}
	}
	_, err := h.sandbox.CreateContacts(imported)
	require.NoError(t, err)
	h.eventually(3*time.Minute, "every contact was read", func() bool {
		return len(h.sandbox.Journal(sandbox.JournalFilter{Provider: "hubspot", Operation: "contacts.get"})) >= len(imported)
	})
	assert.Zero(t, h.running("GuestJourney"))

	// One lead by the CLI's way is one journey; its own contact, which has a
	// source that starts journeys, starts no second.
	id := h.begin(lead(1))
	h.reaches(id, "conversing", time.Minute)
	h.eventually(30*time.Second, "our own contact was read as well", func() bool {
		return len(h.sandbox.Journal(sandbox.JournalFilter{Provider: "hubspot", Operation: "contacts.get"})) > len(imported)
	})
	assert.Equal(t, 1, h.running("GuestJourney"))
}

func TestContactsOfAConfiguredSourceStartInTurn(t *testing.T) {
	h := open(t, settings{env: []string{"HUBSPOT_START_SOURCES=website", "HUBSPOT_START_PROGRAM=quick", "HUBSPOT_STARTS_PER_HOUR=2"}})
	for i := range 3 {
		_, err := h.sandbox.CreateContact(map[string]string{"email": "web-" + itoa(i) + "@guests.example", "lead_source": "website"})
		require.NoError(t, err)
	}
	h.eventually(30*time.Second, "two journeys run and one lead waits", func() bool {
		var view struct {
			Queue, Started int
			Attention      []string
		}
		value, err := h.client.QueryWorkflow(t.Context(), "claim/hubspot/4242/starts", "", kit.QueryStatus)
		return err == nil && value.Get(&view) == nil && view.Started == 2 && view.Queue == 1 && len(view.Attention) == 1
	})
	h.eventually(10*time.Second, "visibility shows both", func() bool { return h.running("GuestJourney") == 2 })
}

// running counts the workflows of a type that have not closed.
func (h *house) running(workflowType string) int {
	h.t.Helper()
	answer, err := h.client.CountWorkflow(h.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Query: "WorkflowType = '" + workflowType + "' AND ExecutionStatus = 'Running'",
	})
	require.NoError(h.t, err)
	return int(answer.GetCount())
}
