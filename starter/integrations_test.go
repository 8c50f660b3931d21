package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
)

var columnGap = regexp.MustCompile(` {2,}`)

// cellsOf are the cells of every line.
func cellsOf(text string) (lines []string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		lines = append(lines, columnGap.ReplaceAllString(line, "|"))
	}
	return lines
}

func TestHealthOfTheProviders(t *testing.T) {
	connection := house(t)
	code, _, stderr := cli(t, "", "health")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "health/integrations does not run: `starter setup` makes the schedule health-ping")

	w := worker.New(connection, options.QueueJourneys, worker.Options{})
	w.RegisterWorkflowWithOptions(health.Workflow(sealedOnly), workflow.RegisterOptions{Name: health.Type})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: health.ID, TaskQueue: options.QueueJourneys}, health.Type, health.Input{})
	require.NoError(t, err)
	begin := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	report := func(minute int, stripe health.Finding) {
		stripe.Capability, stripe.Provider = options.QueuePayments, "stripe"
		require.NoError(t, connection.SignalWorkflow(t.Context(), health.ID, "", health.SignalReport, health.Report{
			At:       begin.Add(time.Duration(minute) * time.Minute),
			Findings: []health.Finding{stripe, {Capability: options.QueueSMS, Failed: true, Class: failure.Ambiguous, Code: "timed_out"}},
		}))
	}
	shown := func(code int, verdict string, want ...string) {
		t.Helper()
		got, stdout, stderr := cli(t, "", "health")
		require.Equal(t, want, cellsOf(stdout))
		require.Equal(t, code, got)
		require.Equal(t, verdict, stderr)
	}
	const head = "PROVIDER|FOR|STATE|FAILURES IN A ROW|LAST SUCCESS|SINCE|LAST FAILURE"

	report(0, health.Finding{})
	shown(0, "", head,
		"stripe|payments|up|0|2027-03-01T12:00:00Z|2027-03-01T12:00:00Z",
		"sms|sms|failing|1|never|2027-03-01T12:00:00Z|Ambiguous timed_out",
		"last report: 2027-03-01T12:00:00Z")
	report(1, health.Finding{})
	report(2, health.Finding{})
	shown(1, "starter: down: sms\n", head,
		"stripe|payments|up|0|2027-03-01T12:02:00Z|2027-03-01T12:00:00Z",
		"sms|sms|down|3|never|2027-03-01T12:02:00Z|Ambiguous timed_out",
		"last report: 2027-03-01T12:02:00Z", "attention: down:sms")

	code, stdout, _ := cli(t, "", "health", "-o", "json")
	require.Equal(t, 1, code)
	var view health.Overview
	require.NoError(t, json.Unmarshal([]byte(stdout), &view))
	require.Equal(t, health.StateDown, view.Stage)
	require.Len(t, view.Changes, 3)

	require.NoError(t, connection.CancelWorkflow(t.Context(), health.ID, ""))
	require.NoError(t, connection.GetWorkflow(t.Context(), health.ID, "").Get(t.Context(), nil))
	code, _, stderr = cli(t, "", "health")
	require.Equal(t, 1, code, "what a closed one knows is old")
	require.Contains(t, stderr, "does not run")
}

func TestTheWorkersInOneLine(t *testing.T) {
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	require.Equal(t, "workers that report: 1; silent: B since 2027-03-01T12:00:00Z; circuit of stripe: open\n", workersLine(health.FleetAt([]health.Worker{
		{Name: "A", HeardAt: at.Add(3 * time.Minute), Circuits: []health.Circuit{{Provider: "stripe", State: health.CircuitOpen}, {Provider: "twilio", State: health.CircuitClosed}}},
		{Name: "B", HeardAt: at},
	}, at.Add(4*time.Minute))))
}

func TestNoReportIsNoGoodHealth(t *testing.T) {
	require.NoError(t, worst(health.Overview{Providers: []health.Provider{{State: health.StateFailing}}}))
	require.ErrorContains(t, worst(health.Overview{Attention: []string{health.AttentionSilent}}), "no report comes")
}
