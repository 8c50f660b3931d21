package main

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/devserver"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/internal/setup"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

// TestAProviderThatIsDownIsNoticedAndResolved is the whole way: the schedule
// starts checks, the worker's own adapters ask the sandbox, health/integrations
// is begun by the first report and raises attention at the threshold, and the
// provider's return resolves it. The test only shortens the schedule's minute.
func TestAProviderThatIsDownIsNoticedAndResolved(t *testing.T) {
	w := newWatchedWorld(t, nil)
	view := w.until(func(view health.Overview) bool { return view.Stage == health.StateUp && len(view.Providers) == 5 })
	for _, provider := range view.Providers {
		assert.Equal(t, health.StateUp, provider.State, provider.Name())
	}

	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Kind: sandbox.FaultDown}))
	view = w.until(func(view health.Overview) bool { return slices.Contains(view.Attention, "down:stripe") })
	stripe := view.Providers[0]
	assert.Equal(t, health.StateDown, stripe.State)
	assert.GreaterOrEqual(t, stripe.Failures, 3)
	assert.Equal(t, []string{"down:stripe"}, view.Attention, "the others are well")
	w.shows("WorkflowId = '" + health.ID + "' AND Stage = 'down' AND Attention = 'down:stripe'")

	w.sandbox.ClearFaults()
	view = w.until(func(view health.Overview) bool { return view.Stage == health.StateUp })
	assert.Empty(t, view.Attention)
	w.shows("WorkflowId = '" + health.ID + "' AND Stage = 'up' AND Attention IS NULL")
	w.shows("WorkflowType = '" + health.CheckType + "' AND ExecutionStatus = 'Completed'")
	for _, call := range w.sandbox.Journal(sandbox.JournalFilter{}) {
		assert.False(t, call.Effect, "a ping changes nothing: %s", call.Operation)
	}
}

// watchedWorld is a server with the schedule, a worker and a sandbox.
type watchedWorld struct {
	t        *testing.T
	temporal client.Client
	sandbox  *sandboxtest.Sandbox
	server   *devserver.Server
	process  *process
}

func newWatchedWorld(t *testing.T, change map[string]string) *watchedWorld {
	t.Helper()
	vendors := sandboxtest.Open(t, sandbox.Config{})
	secrets := vendors.Secrets
	set := map[string]string{
		"STRIPE_SECRET_KEY": secrets.StripeKey, "HUBSPOT_ACCESS_TOKEN": secrets.HubSpotToken,
		"TWILIO_ACCOUNT_SID": secrets.TwilioAccountSID, "TWILIO_API_KEY_SID": secrets.TwilioKeySID, "TWILIO_API_KEY_SECRET": secrets.TwilioKeySecret,
		"SENDGRID_API_KEY": secrets.SendGridKey, "GOOGLE_ACCESS_TOKEN": secrets.GoogleToken, "CIRCUIT_OPEN": "500ms",
	}
	maps.Copy(set, change)
	environment(t, vendors.URL, set)
	server := devserver.Start(t)
	_, err := setup.Schedules(t.Context(), server.Client())
	require.NoError(t, err)
	// They would begin at every minute and quarter of an hour; here the tests begin
	// them.
	for _, id := range setup.ScheduleIDs() {
		require.NoError(t, server.Client().ScheduleClient().GetHandle(t.Context(), id).Pause(t.Context(), client.SchedulePauseOptions{}))
	}
	w := &watchedWorld{t: t, sandbox: vendors, server: server, process: startProcess(t, server)}
	t.Cleanup(func() { require.Zero(t, w.process.end(t)) })
	w.temporal = dialSealed(t)
	return w
}

// dialSealed connects with the worker's key.
func dialSealed(t *testing.T) client.Client {
	t.Helper()
	var set settings
	require.NoError(t, set.PayloadKeys.PayloadKeys.UnmarshalText([]byte("k1:"+someKey)))
	connection, err := temporalclient.Dial(t.Context(), temporalclient.Options{Program: "test", Keys: set.Ring(), RequireKeys: true})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection
}

// until lets the schedule start checks, one after the other, until the state is
// what is wanted.
func (w *watchedWorld) until(wanted func(health.Overview) bool) (view health.Overview) {
	w.t.Helper()
	schedule := w.temporal.ScheduleClient().GetHandle(w.t.Context(), setup.PingSchedule)
	require.Eventually(w.t, func() bool {
		if schedule.Trigger(w.t.Context(), client.ScheduleTriggerOptions{}) != nil {
			return false
		}
		var known bool
		view, known = w.view()
		return known && wanted(view)
	}, time.Minute, 250*time.Millisecond)
	return view
}

// view is what IntegrationHealth knows now, if it runs.
func (w *watchedWorld) view() (view health.Overview, known bool) {
	answer, err := w.temporal.QueryWorkflow(w.t.Context(), health.ID, "", kit.QueryStatus)
	return view, err == nil && answer.Get(&view) == nil
}

// shows waits until visibility has caught up.
func (w *watchedWorld) shows(query string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		answer, err := w.temporal.CountWorkflow(w.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		return err == nil && answer.GetCount() > 0
	}, patience, 100*time.Millisecond, query)
}
