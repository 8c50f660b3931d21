package main

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	workflowhealth "guestjourney/workflows/health"
)

// pinged are the queues and who serves them, with what the vendor calls its
// health call and a key of its own that it refuses.
var pinged = map[string]struct {
	provider, method, path string
	spoil                  func(*settings)
	// refused is the code with which a wrong key is refused.
	refused string
}{
	options.QueuePayments: {"stripe", "GET", "/stripe/v1/balance", func(s *settings) { s.Stripe.SecretKey = "sk_test_wrong" }, "invalid_request_error"},
	options.QueueCRM:      {"hubspot", "GET", "/hubspot/account-info/v3/details", func(s *settings) { s.HubSpot.AccessToken = "pat-wrong" }, "INVALID_AUTHENTICATION"},
	options.QueueSMS:      {"twilio", "GET", "/twilio/2010-04-01/Accounts/{sid}.json", func(s *settings) { s.Twilio.APIKeySecret = "wrong" }, "20003"},
	options.QueueEmail:    {"sendgrid", "GET", "/sendgrid/v3/scopes", func(s *settings) { s.SendGrid.APIKey = "SG.wrong" }, "status_401"},
	options.QueueCalendar: {"google", "GET", "/google/calendar/v3/calendars/primary", func(s *settings) { s.Google.AccessToken = "ya29.wrong" }, "authError"},
}

// TestPing asks every provider, as registered on its queue, by its own health
// call: well, with a key that is refused, failing, and out of reach.
func TestPing(t *testing.T) {
	for queue, want := range pinged {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			w := newPingWorld(t, queue)
			assert.Equal(t, health.Answer{Provider: want.provider}, w.ping(nil))
			calls := w.sandbox.Journal(sandbox.JournalFilter{})
			require.Len(t, calls, 1, "one call")
			assert.Equal(t, want.method+" "+want.path, calls[0].Method+" "+w.hideAccount(calls[0].Path))
			assert.False(t, calls[0].Effect)

			refused := w.ping(want.spoil)
			require.NotNil(t, refused.Trouble)
			assert.Equal(t, failure.Permanent, refused.Trouble.Class)
			assert.Equal(t, want.refused, refused.Trouble.Code)

			for _, fault := range []struct {
				kind    sandbox.FaultKind
				classes []failure.Class
			}{
				{sandbox.Fault503, []failure.Class{failure.Ambiguous}},
				{sandbox.Fault429, []failure.Class{failure.Throttled}},
				{sandbox.FaultDown, []failure.Class{failure.Ambiguous, failure.NotProcessed}},
			} {
				require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: want.provider, Kind: fault.kind}))
				ill := w.ping(nil)
				require.NotNil(t, ill.Trouble, fault.kind)
				assert.Equal(t, want.provider, ill.Provider)
				assert.Contains(t, fault.classes, ill.Trouble.Class, fault.kind)
				w.sandbox.ClearFaults()
			}
			assert.Nil(t, w.ping(nil).Trouble, "well again")
			for _, call := range w.sandbox.Journal(sandbox.JournalFilter{}) {
				assert.False(t, call.Effect, "a ping changes nothing: %s", call.Operation)
			}
		})
	}
}

// TestAnOpenCircuitIsTheTrouble: a ping that is not let out is no success.
func TestAnOpenCircuitIsTheTrouble(t *testing.T) {
	w := newPingWorld(t, options.QueuePayments)
	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Kind: sandbox.FaultDown}))
	ask := w.asker(nil)
	var last health.Answer
	for range 4 {
		last = ask()
	}
	require.NotNil(t, last.Trouble)
	assert.Equal(t, "circuit_open", last.Trouble.Code)
}

// TestEveryQueueThatGoesOutsideIsPinged: a new capability is watched by being
// in the list that HealthCheck asks. Three are not: the place of the secrets need
// not be there for a guest's way, and a rotation that misses it says so itself;
// pages go out by the vendors of texts and mails, and a telemetry process that is
// not there is an alarm of every session; records stay inside.
func TestEveryQueueThatGoesOutsideIsPinged(t *testing.T) {
	var outside []string
	for _, q := range outsideQueues(settings{}, &adapters{}) {
		if slices.Contains([]string{options.QueueSecrets, options.QueueSessions, options.QueueRecords}, q.name) {
			continue
		}
		outside = append(outside, q.name)
		assert.Contains(t, pinged, q.name)
	}
	assert.ElementsMatch(t, outside, workflowhealth.Capabilities())
}

// pingWorld is a worker's queue before an empty sandbox.
type pingWorld struct {
	t       *testing.T
	queue   string
	sandbox *sandboxtest.Sandbox
}

func newPingWorld(t *testing.T, queue string) *pingWorld {
	t.Helper()
	return &pingWorld{t: t, queue: queue, sandbox: sandboxtest.Open(t, sandbox.Config{})}
}

// ping asks once, with clients of its own, so that no circuit remembers.
func (w *pingWorld) ping(spoil func(*settings)) health.Answer { return w.asker(spoil)() }

// asker makes the worker's adapters and returns the queue's ping.
func (w *pingWorld) asker(spoil func(*settings)) func() health.Answer {
	w.t.Helper()
	set := vendorSettings(w.sandbox.Secrets, w.sandbox.URL)
	set.RecordsDir = w.t.TempDir()
	if spoil != nil {
		spoil(&set)
	}
	keys, err := set.openSecrets(w.t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	out, err := newAdapters(w.t.Context(), set, keys, slog.New(slog.DiscardHandler), nil)
	require.NoError(w.t, err)
	w.t.Cleanup(out.close)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(discard{})
	env := suite.NewTestActivityEnvironment()
	for _, q := range outsideQueues(set, out) {
		if q.name == w.queue {
			q.register(&recorder{register: env.RegisterActivityWithOptions})
		}
	}
	return func() (answer health.Answer) {
		encoded, err := env.ExecuteActivity(health.Prefix+"Ping", health.Question{})
		require.NoError(w.t, err)
		require.NoError(w.t, encoded.Get(&answer))
		return answer
	}
}

func (w *pingWorld) hideAccount(path string) string {
	if path == "/twilio/2010-04-01/Accounts/"+w.sandbox.Secrets.TwilioAccountSID+".json" {
		return "/twilio/2010-04-01/Accounts/{sid}.json"
	}
	return path
}
