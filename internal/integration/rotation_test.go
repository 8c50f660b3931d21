package integration

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
)

// TestKeysRotatedInTheWrongOrderLoseNothing: the proxy seals with a key that the
// worker does not have. What the guests say meanwhile blocks their journeys; it
// neither fails them nor is lost.
func TestKeysRotatedInTheWrongOrderLoseNothing(t *testing.T) {
	h := open(t, settings{program: unhurried(quick())})
	var ids []string
	for n := range 5 {
		ids = append(ids, h.begin(lead(n)))
	}
	for _, id := range ids {
		h.reaches(id, journey.StageConversing, 45*time.Second)
	}
	h.allDelivered()
	behind, ahead := h.keys, newKey("k2")+","+h.keys

	h.proxy.Stop()
	h.proxy = h.start(h.proxy.Path, "proxy", h.with("PAYLOAD_KEYS", ahead))
	h.invite(35*time.Second, true, nil)
	for _, id := range ids {
		h.eventually(30*time.Second, "blocked: "+id, func() bool { return h.blocked(id) })
	}
	h.allDelivered() // Temporal has it all: nothing is left for a provider to repeat
	h.worker.Stop()
	// The new key comes last: the test's own client reads what the worker writes.
	h.worker = h.start(h.worker.Path, "worker", h.with("PAYLOAD_KEYS", behind+","+strings.Split(ahead, ",")[0]))

	for _, id := range ids {
		assert.Equal(t, "completed", h.result(id, 2*time.Minute).Stage)
		h.heard(id)
	}
	h.once()
	counts := h.effects()
	assert.Equal(t, 5, counts["stripe checkout.sessions.create"])
	assert.Equal(t, 5, counts["stripe payment_intents.create"])
	assert.Equal(t, 5, counts["google events.insert"])
	h.noneFailed()
}

// with is the house's environment with another value of one variable.
func (h *house) with(name, value string) []string {
	return append(append([]string(nil), h.env...), name+"="+value)
}

// allDelivered waits until no webhook is on its way.
func (h *house) allDelivered() {
	h.t.Helper()
	h.eventually(30*time.Second, "every webhook is delivered", func() bool {
		for _, webhook := range h.sandbox.Webhooks("") {
			if webhook.State != sandbox.WebhookDelivered {
				return false
			}
		}
		return true
	})
}

// blocked says whether a workflow is open and its tasks fail.
func (h *house) blocked(id string) bool {
	h.t.Helper()
	described, err := h.client.DescribeWorkflowExecution(context.Background(), id, "")
	require.NoError(h.t, err)
	require.Equal(h.t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
	return described.GetPendingWorkflowTask().GetAttempt() > 1
}

// heard checks that everything that the guest said is in the journey's timeline,
// once.
func (h *house) heard(id string) {
	h.t.Helper()
	counts := map[string]int{}
	for _, text := range h.timeline(id) {
		counts[text]++
		assert.NotContains(h.t, text, "could not be read")
	}
	for _, fact := range []string{journey.GuestIntake, journey.GuestConsent, journey.GuestPolicy, journey.GuestAnswer} {
		assert.Equal(h.t, 1, counts["guest "+fact], fact)
	}
}

// noneFailed fails the test if any workflow of the house came to a bad end.
func (h *house) noneFailed() {
	h.t.Helper()
	for _, execution := range h.everything() {
		assert.Contains(h.t, []enums.WorkflowExecutionStatus{
			enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
		}, execution.GetStatus(), execution.GetExecution().GetWorkflowId())
	}
}
