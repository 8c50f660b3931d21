package integration

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

// watched: a check begins IntegrationHealth, a provider goes down, comes back,
// and goes down again in a run that stays open.
func (r *recorder) watched() func() {
	ctx := context.Background()
	check, err := r.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "health/check-1", TaskQueue: options.QueueJourneys}, health.CheckType)
	require.NoError(r.t, err)
	require.NoError(r.t, check.Get(ctx, nil))
	at := time.Now().UTC()
	report := func(failed bool) {
		at = at.Add(time.Second)
		finding := health.Finding{Capability: options.QueuePayments, Provider: "stripe"}
		if failed {
			finding.Failed, finding.Class, finding.Code = true, failure.Ambiguous, "status_503"
		}
		require.NoError(r.t, r.client.SignalWorkflow(ctx, health.ID, "", health.SignalReport, health.Report{At: at, Findings: []health.Finding{finding}}))
	}
	stands := func(down bool) {
		r.eventually(20*time.Second, "stripe is judged", func() bool {
			var view health.Overview
			value, err := r.client.QueryWorkflow(ctx, health.ID, "", kit.QueryStatus)
			return err == nil && value.Get(&view) == nil && view.ReportedAt.Equal(at) && slices.Contains(view.Attention, "down:stripe") == down
		})
	}
	goesDown := func() {
		for range 3 {
			report(true)
		}
		stands(true)
	}
	goesDown()
	report(false)
	stands(false)
	r.leave(health.ID)
	goesDown()
	return func() {
		for id, workflowType := range map[string]string{health.ID: health.Type, "health/check-1": health.CheckType} {
			r.visible(id, 1)
			r.keepRuns("providers_watched", "WorkflowId = '"+id+"'", workflowType)
		}
	}
}
