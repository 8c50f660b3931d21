package proxytest

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

// seed of a run: PROXYTEST_SEED repeats one that failed.
func seed(t *testing.T) uint64 {
	t.Helper()
	chosen := rand.Uint64()
	if given := os.Getenv("PROXYTEST_SEED"); given != "" {
		parsed, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, "PROXYTEST_SEED")
		chosen = parsed
	}
	t.Logf("PROXYTEST_SEED=%d repeats this run", chosen)
	return chosen
}

// Two thousand events of four providers, in lists and alone, out of order,
// repeated and late, to workflows that are there and to claims that they start,
// while Temporal, the proxy and the worker are killed: each
// has its effect once.
func TestModel(t *testing.T) {
	w := newWorld(rand.New(rand.NewPCG(seed(t), 1))) //nolint:gosec // a test's choice is no secret
	h := open(t)
	h.receivers(perRun, w.workflows...)
	s := newSenders(h)
	s.begin(w.posts)
	killed := h.torment(w)
	h.renewClaims()
	h.receivers(perRun, "pay/late", "journey/late")
	s.wait(time.Minute)
	require.Empty(t, s.wrong, "every answer is 2xx or asks to come again")
	h.emptied()
	early := h.look(w.late)
	h.bindClaims()

	h.once(append(w.events, w.late...))
	h.eachUnrouted(append(w.strays, early...))
	runs := h.repeats(append(claims(), w.workflows...))
	inOrder(t, w.events, s.passed, runs)
	proves(t, killed, s.said, h.total())
}

// Faults of the model.
const (
	killsWorker   = "worker"
	killsProxy    = "proxy"
	killsTemporal = "Temporal"
	killsBoth     = "Temporal, and the proxy meanwhile"
)

// torment kills and restarts, in an order and at moments of the seed. It returns
// how often each was killed.
func (h *house) torment(w *world) counts {
	h.t.Helper()
	var plan []string
	for fault, times := range map[string]int{killsWorker: 3, killsProxy: 4, killsTemporal: 1, killsBoth: 2} {
		for range times {
			plan = append(plan, fault)
		}
	}
	w.shuffle(plan)
	killed := counts{}
	// The sleeps wait for nothing: they are the plan itself, when something dies
	// and how long it stays away. What comes of it is waited for by condition.
	for _, fault := range plan {
		time.Sleep(200*time.Millisecond + w.within(800*time.Millisecond))
		h.t.Logf("kill: %s", fault)
		switch fault {
		case killsWorker:
			h.worker.Kill()
			time.Sleep(w.within(time.Second))
			h.startWorker()
			killed[killsWorker]++
		case killsProxy:
			h.restartProxy(w)
			killed[killsProxy]++
		case killsTemporal:
			h.killTemporal()
			time.Sleep(budget + w.within(time.Second))
			h.startTemporal()
			killed[killsTemporal]++
		case killsBoth:
			h.killTemporal()
			time.Sleep(budget + w.within(time.Second))
			h.restartProxy(w)
			time.Sleep(w.within(time.Second))
			h.startTemporal()
			killed[killsProxy]++
			killed[killsTemporal]++
		}
	}
	return killed
}

func (h *house) restartProxy(w *world) {
	h.t.Helper()
	h.killProxy()
	time.Sleep(w.within(500 * time.Millisecond))
	h.startProxy()
}

// look makes InboundEvents look for their workflows now, which they do by
// themselves a little later. It returns the events that had become one: those
// that came before their workflow.
func (h *house) look(events []event) (early []event) {
	h.t.Helper()
	var none *serviceerror.NotFound
	for _, one := range events {
		_, err := h.client.DescribeWorkflowExecution(h.t.Context(), one.unrouted(), "")
		if errors.As(err, &none) {
			continue
		}
		require.NoError(h.t, err)
		early = append(early, one)
		_, err = h.client.UpdateWorkflow(h.t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: one.unrouted(), UpdateName: inbox.UpdateRetry, WaitForStage: client.WorkflowUpdateStageAccepted,
			Args: []any{kit.Envelope{Actor: "ana", Role: kit.RoleOperator, Reason: "its workflow is there"}},
		})
		if !errors.As(err, &none) { // it has found its workflow by itself
			require.NoError(h.t, err)
		}
		var result inbox.Result
		require.NoError(h.t, h.client.GetWorkflow(h.t.Context(), one.unrouted(), "").Get(h.t.Context(), &result), "%+v", one)
		assert.Equal(h.t, inbox.StageRouted, result.Stage)
	}
	require.NotEmpty(h.t, early, "events have overtaken their workflows")
	return early
}

// repeats fails if a fact came twice to one run: the server knows the request
// IDs of a run. To the next run it may come, and the workflow knows it.
// It returns all runs by workflow.
func (h *house) repeats(ids []string) map[string][]arrivals {
	h.t.Helper()
	runs, again, every := 0, 0, map[string][]arrivals{}
	for _, id := range ids {
		before, all := map[string]bool{}, h.runs(id)
		every[id] = all
		runs += len(all)
		for _, run := range all {
			here := map[string]bool{}
			for _, fact := range run {
				assert.False(h.t, here[fact], "%s was told twice of %s in one run", id, fact)
				if before[fact] {
					again++
				}
				here[fact], before[fact] = true, true
			}
		}
	}
	require.GreaterOrEqual(h.t, runs, 2*len(ids), "the workflows have continued as new")
	h.t.Logf("%d runs of %d workflows; %d facts came again to a later run, and had no second effect", runs, len(ids), again)
	return every
}

// proves fails unless the faults of the run have happened and were met.
func proves(t *testing.T, killed, said, counted counts) {
	t.Helper()
	t.Logf("killed: %v", killed)
	t.Logf("senders heard: %v", said)
	t.Logf("proxies counted: %v", counted)
	require.Equal(t, counts{killsWorker: 3, killsProxy: 6, killsTemporal: 3}, killed)
	for _, heard := range []string{"no answer", "200 accepted", "200 taken", "200 duplicate", "200 stored", "200 unrouted", "events kept while Temporal was down"} {
		assert.Positive(t, said[heard], "the senders heard %q", heard)
	}
	for _, decision := range []string{"accepted", "duplicate", "stored", "unrouted", "forwarded accepted"} {
		assert.Positive(t, counted[decision], "the proxies counted %q", decision)
	}
}
