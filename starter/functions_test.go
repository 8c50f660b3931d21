package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/workflows/health"
)

// watched runs an IntegrationHealth in a house.
func watched(t *testing.T, connection client.Client, more ...func(worker.Worker)) {
	t.Helper()
	w := worker.New(connection, options.QueueJourneys, worker.Options{})
	w.RegisterWorkflowWithOptions(health.Workflow(sealedOnly), workflow.RegisterOptions{Name: health.Type})
	for _, register := range more {
		register(w)
	}
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: health.ID, TaskQueue: options.QueueJourneys}, health.Type, health.Input{})
	require.NoError(t, err)
}

func TestHealthDeep(t *testing.T) {
	connection := house(t)
	failed := 0
	report := func(ctx workflow.Context) (health.DeepCheckResult, error) {
		skipped := []health.Skipped{{Capability: "crm", Reason: "no way"}, {Capability: "email", Reason: "no way"}, {Capability: "sms", Reason: "HEALTH_SMS_TO is not set"}}
		finding := health.Finding{Capability: options.QueuePayments, Failed: failed > 0, Code: "status_503"}
		err := workflow.SignalExternalWorkflow(ctx, health.ID, "", health.SignalReport, health.Report{
			Check: health.CheckFunction, At: workflow.Now(ctx), Findings: []health.Finding{finding}, Skipped: skipped,
		}).Get(ctx, nil)
		return health.DeepCheckResult{Asked: 1, Failed: failed, Skipped: skipped}, err
	}
	watched(t, connection, func(w worker.Worker) {
		w.RegisterWorkflowWithOptions(report, workflow.RegisterOptions{Name: health.DeepCheckType})
	})
	code, stdout, stderr := cli(t, "", "health", "--deep")
	require.Zero(t, code, stderr)
	require.Regexp(t, `payments/function +payments +up +0 `, stdout)
	require.Contains(t, stdout, "not tried: crm, email (no way); sms (HEALTH_SMS_TO is not set)\n")
	require.Contains(t, stdout, "functions last tried: 20")

	failed = 1
	code, stdout, stderr = cli(t, "", "health", "--deep")
	require.Equal(t, 1, code)
	require.Regexp(t, `payments/function +payments +failing +1 `, stdout)
	require.Equal(t, "starter: 1 of 1 functions that were tried do not work\n", stderr)
	code, _, stderr = cli(t, "", "health", "--deep", "http://127.0.0.1:1")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "takes no URL")
}
