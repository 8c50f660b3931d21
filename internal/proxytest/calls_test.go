package proxytest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

// The calls of Temporal that a webhook may cost.
const (
	signals          = "SignalWorkflowExecution"
	signalsWithStart = "SignalWithStartWorkflowExecution"
)

// repeats is how often a webhook comes again.
const repeats = 1000

// Every event is one call, whichever way it goes. A webhook that comes a thousand
// times costs Temporal nothing more: no call, so no action; no event, so no
// workflow task; and neither does it after a restart of the proxy.
func TestAWebhookIsOneCallHoweverOftenItComes(t *testing.T) {
	h := open(t)
	h.receivers(0, "pay/often", "journey/often")
	m := openMeter(t, h.address)
	h.killProxy()
	h.startProxy("TEMPORAL_ADDRESS=" + m.address)
	first := number(stripe, 0, "pay/often", time.Now())
	require.Equal(t, answer{status: http.StatusOK, said: "accepted"}, h.post(postOf(first)))
	m.counted() // the client has asked the server what it can do

	often, text := number(stripe, 1, "pay/often", time.Now()), textOf(2, 0)
	var list []event
	for n := range 3 {
		list = append(list, number(sendGrid, n+3, "journey/often", time.Now()))
	}
	for _, test := range []struct {
		post post
		want counts
	}{
		{postOf(often), counts{signals: 1}},
		{postOf(text), counts{signalsWithStart: 1}}, // which starts its claim
		{postOf(textOf(3, 0)), counts{signalsWithStart: 1}},
		{postOf(list...), counts{signals: 3}},
	} {
		require.Equal(t, http.StatusOK, h.post(test.post).status)
		require.Equal(t, test.want, m.counted(), "%s", test.post.path)
	}
	h.once(append(list, first, often))
	before := h.settled("pay/often")

	h.again(postOf(often))
	require.Empty(t, m.counted(), "the proxy knows it")
	require.Equal(t, http.StatusOK, h.post(postOf(text)).status)
	require.Empty(t, m.counted())

	h.stopProxy()
	h.startProxy("TEMPORAL_ADDRESS=" + m.address)
	h.again(postOf(often))
	require.Empty(t, m.counted(), "the next proxy knows it from the inbox's file")
	require.Equal(t, before, h.settled("pay/often"), "its history is what it was")
	h.once(append(list, first, often))
}

// A proxy that has lost its memory and its disk costs one call for the repeat,
// and its file knows it from then on. Temporal knows the event all the same.
func TestAWebhookThatNobodyHereRemembersIsOneCallAndNoEvent(t *testing.T) {
	h := open(t)
	h.receivers(0, "pay/often")
	m := openMeter(t, h.address)
	one := number(stripe, 1, "pay/often", time.Now())
	require.Equal(t, answer{status: http.StatusOK, said: "accepted"}, h.post(postOf(one)))
	h.once([]event{one})
	before := h.settled("pay/often")

	h.killProxy()
	h.startProxy("TEMPORAL_ADDRESS="+m.address, "INBOX_PATH="+t.TempDir()+"/inbox.db")
	require.Equal(t, answer{status: http.StatusOK, said: "accepted"}, h.post(postOf(one)))
	require.Equal(t, 1, m.counted()[signals])
	h.again(postOf(one))
	require.Empty(t, m.counted())
	require.Equal(t, before, h.settled("pay/often"), "no event and no workflow task")
}

// again sends a post a thousand times more, which is known each time.
func (h *house) again(p post) {
	h.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for range repeats {
		got, err := h.send(h.t.Context(), &http.Client{Timeout: 10 * time.Second, Transport: transport}, p)
		require.NoError(h.t, err)
		require.Equal(h.t, answer{status: http.StatusOK, said: "duplicate"}, got)
	}
}

// settled is how many events a workflow's history has, once it has nothing to do.
func (h *house) settled(id string) (length int64) {
	h.t.Helper()
	h.eventually(20*time.Second, id+" has nothing to do", func() bool {
		about, err := h.client.DescribeWorkflowExecution(h.t.Context(), id, "")
		length = about.GetWorkflowExecutionInfo().GetHistoryLength()
		return err == nil && about.GetPendingWorkflowTask() == nil && about.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	})
	return length
}

// stopProxy asks the proxy to end, and waits.
func (h *house) stopProxy() {
	h.t.Helper()
	h.proxy.Stop()
	require.Zero(h.t, h.proxy.ProcessState.ExitCode())
}
