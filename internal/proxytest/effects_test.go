package proxytest

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/internal/temporalclient"
	inboundevent "guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

// taken asks a workflow for the facts that had an effect.
func (h *house) taken(id string) (facts []string, err error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), 5*time.Second)
	defer cancel()
	value, err := h.client.QueryWorkflow(ctx, id, "", queryTaken)
	if err != nil {
		return nil, err
	}
	return facts, value.Get(&facts)
}

// emptied waits until the inbox holds nothing.
func (h *house) emptied() {
	h.t.Helper()
	h.eventually(45*time.Second, "the inbox is empty", func() bool {
		held := h.scrape()
		return held["holds waiting"] == 0 && held["holds dead"] == 0
	})
}

// once fails unless the effect of each event is there exactly once.
func (h *house) once(events []event) {
	h.t.Helper()
	want := map[string][]string{}
	for _, one := range events {
		want[one.owner()] = append(want[one.owner()], one.id)
	}
	for target, ids := range want {
		var got []string
		h.eventually(20*time.Second, target+" takes its facts", func() bool {
			facts, err := h.taken(target)
			got = facts
			return err == nil && len(facts) >= len(ids)
		})
		assert.ElementsMatch(h.t, ids, got, "%s", target)
	}
}

// arrivals are the facts that one run of a workflow was sent, in order, whether
// or not it knew them.
type arrivals []string

// runs reads every run of a workflow, the first one first.
func (h *house) runs(id string) (all []arrivals) {
	h.t.Helper()
	for run, more := "", true; more; more = run != "" {
		var one arrivals
		one, run = h.run(id, run)
		all = append(all, one)
	}
	slices.Reverse(all)
	return all
}

// run reads one run, and tells which was before it.
func (h *house) run(id, run string) (facts arrivals, before string) {
	h.t.Helper()
	events := h.client.GetWorkflowHistory(h.t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		next, err := events.Next()
		require.NoError(h.t, err)
		if started := next.GetWorkflowExecutionStartedEventAttributes(); started != nil {
			before = started.GetContinuedExecutionRunId()
		}
		if signal := next.GetWorkflowExecutionSignaledEventAttributes(); signal != nil && signal.GetSignalName() != kit.SignalContinueAsNew {
			facts = append(facts, h.fact(signal.GetInput()).ID)
		}
	}
	return facts, before
}

func (h *house) fact(payloads *commonpb.Payloads) (fact kit.Fact) {
	h.t.Helper()
	require.NoError(h.t, temporalclient.DataConverter(h.ring).FromPayloads(payloads, &fact))
	return fact
}

// unrouted are the InboundEvents there are, by ID, and how often each was started.
func (h *house) unrouted() counts {
	h.t.Helper()
	found := counts{}
	var page []byte
	for {
		listed, err := h.client.ListWorkflow(h.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + inboundevent.Type + "'", NextPageToken: page,
		})
		require.NoError(h.t, err)
		for _, one := range listed.GetExecutions() {
			found[one.GetExecution().GetWorkflowId()]++
		}
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return found
		}
	}
}
