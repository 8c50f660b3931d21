package proxytest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/forward"
	"guestjourney/webhookproxy/gateway"
)

// death is a step at which the proxy dies.
type death struct {
	step string
	// down: Temporal cannot be reached, so the event takes the way through the inbox.
	down bool
	// nobody: there is no workflow, so the event becomes an InboundEvent.
	nobody bool
	// said is the answer when the sender comes again.
	said string
}

var deaths = []death{
	{step: gateway.StepRead, said: "accepted"},
	{step: gateway.StepVerified, said: "accepted"},
	{step: gateway.StepLookedUp, said: "accepted"},
	{step: gateway.StepSignalling, said: "accepted"},
	{step: gateway.StepSignalled, said: "accepted"}, // by Temporal, which knows the request ID
	{step: gateway.StepAnswering, said: "accepted"}, // its key was not written yet
	{step: gateway.StepSignalling, nobody: true, said: "unrouted"},
	{step: gateway.StepSignalled, nobody: true, said: "unrouted"},
	{step: gateway.StepAnswering, nobody: true, said: "unrouted"},
	{step: gateway.StepSignalling, down: true, said: "stored"},
	{step: gateway.StepStoring, down: true, said: "stored"},
	{step: gateway.StepStored, down: true, said: "duplicate"}, // its key came with it
	{step: gateway.StepAnswering, down: true, said: "duplicate"},
}

// Wherever the proxy dies between accepting a webhook and answering it, the
// sender has no answer, comes again, and the event has one effect.
func TestDeathAtEveryStep(t *testing.T) {
	h := open(t)
	h.receivers(0, "pay/steps")
	var routed, nobodys []event
	for n, death := range deaths {
		target := "pay/steps"
		if death.nobody {
			target = "pay/nobody"
		}
		one := number(stripe, n, target, time.Now())
		h.killProxy()
		h.startProxy("FAULT_DIE_AT=" + death.step)
		if death.down {
			h.gate.shutUp()
		}
		require.Zero(t, h.post(postOf(one)).status, "%+v: the proxy has answered", death)
		h.proxy.AwaitKilled()
		h.startProxy()
		assert.Equal(t, answer{status: http.StatusOK, said: death.said}, h.post(postOf(one)), "%+v", death)
		assert.Equal(t, answer{status: http.StatusOK, said: "duplicate"}, h.post(postOf(one)), "%+v", death)
		h.gate.restore()
		h.emptied() // what waits for a workflow would make the next one wait
		if death.nobody {
			nobodys = append(nobodys, one)
			continue
		}
		routed = append(routed, one)
	}
	h.once(routed)
	require.Len(t, h.runs("pay/steps"), 1)
	assert.Len(t, h.runs("pay/steps")[0], len(routed), "Temporal was told of each once")
	h.eachUnrouted(nobodys)
}

// eachUnrouted fails unless each event is one InboundEvent, and nothing else is.
func (h *house) eachUnrouted(events []event) {
	h.t.Helper()
	want := counts{}
	for _, one := range events {
		want[one.unrouted()] = 1
	}
	h.eventually(10*time.Second, "visibility shows the InboundEvents", func() bool { return len(h.unrouted()) >= len(want) })
	assert.Equal(h.t, want, h.unrouted())
}

// The forwarder dies when Temporal has an event and the inbox does not know it:
// the next proxy hands it on once more, at once, and it is one.
func TestDeathWhileForwarding(t *testing.T) {
	h := open(t)
	h.receivers(0, "pay/forwarded")
	h.gate.shutUp()
	h.killProxy()
	h.startProxy("FAULT_DIE_AT=" + forward.StepHanded)
	one := number(stripe, 1, "pay/forwarded", time.Now())
	require.Equal(t, answer{status: http.StatusOK, said: "stored"}, h.post(postOf(one)))
	h.gate.restore()
	h.proxy.AwaitKilled()
	h.once([]event{one})

	h.startProxy()
	h.eventually(inbox.DefaultLease/2, "the next proxy takes it over before its lease is over", func() bool {
		return h.scrape()["forwarded accepted"] == 1
	})
	h.emptied()
	require.Equal(t, answer{status: http.StatusOK, said: "duplicate"}, h.post(postOf(one)))
	h.once([]event{one})
	require.Equal(t, []arrivals{{one.id}}, h.runs("pay/forwarded"))
}
