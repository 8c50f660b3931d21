package audit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/internal/verify"
	"guestjourney/starter/audit"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/health"
)

var now = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func circuit(provider, state string, failures int) health.Circuit {
	return health.Circuit{Provider: provider, State: state, Failures: failures, LastSuccess: now.Add(-2 * time.Minute), Threshold: 3, OpenFor: options.Duration(30 * time.Second)}
}

func guard(variable string) providers.Guard {
	return providers.Guard{Variable: variable, Algorithm: "HMAC-SHA256", Window: verify.Window{Past: 5 * time.Minute, Future: time.Minute}}
}

func webhook(provider string, guards ...providers.Guard) audit.Webhook {
	return audit.Webhook{Protection: providers.Protection{Provider: provider, ActedOn: true, Configured: true, Guards: guards, Remember: 8 * 24 * time.Hour}}
}

// sound are facts in which nothing is wrong.
func sound() audit.Facts {
	undated := guard("TWILIO_AUTH_TOKEN")
	undated.Window, undated.Undated = verify.Window{}, "the sender signs no time"
	return audit.Facts{
		At: now, Watched: true, Retries: options.Outside.Retries(),
		Health: health.Overview{
			Providers: []health.Provider{
				{Capability: "payments", Provider: "stripe", State: health.StateUp, LastSuccess: now.Add(-30 * time.Second)},
				{Capability: "payments", Check: health.CheckFunction, Provider: "stripe", State: health.StateUp, LastSuccess: now},
			},
			Workers: []health.Worker{
				{Name: "A", HeardAt: now.Add(-time.Minute), Circuits: []health.Circuit{circuit("stripe", health.CircuitClosed, 0), circuit("twilio", health.CircuitClosed, 1)}},
				{Name: "B", HeardAt: now.Add(-2 * time.Minute), Circuits: []health.Circuit{circuit("stripe", health.CircuitClosed, 2)}},
			},
		},
		Webhooks: []audit.Webhook{
			webhook("stripe", guard("STRIPE_WEBHOOK_SECRETS")), webhook("twilio", undated),
			{Protection: providers.Protection{Provider: "zoom", Guards: []providers.Guard{guard("ZOOM_WEBHOOK_SECRETS")}, Remember: time.Hour}},
		},
	}
}

func TestASoundHousePasses(t *testing.T) {
	report := audit.Make(sound())
	assert.Equal(t, audit.Passed, report.Gate)
	assert.Empty(t, report.Issues)
	assert.Equal(t, []audit.Client{
		{Integration: "stripe", State: "CLOSED", Workers: 2, Failures: 2, LastSuccess: now.Add(-30 * time.Second)},
		{Integration: "twilio", State: "CLOSED", Workers: 1, Failures: 1, LastSuccess: now.Add(-2 * time.Minute)},
	}, report.Clients)
	assert.Equal(t, []string{"zoom"}, report.Unconfigured)
	assert.Equal(t, audit.Cell{Mark: audit.None, About: "the sender signs no time"}, report.Webhooks[1].Timestamp, "no fault of anybody's")
}

// The form is the owner's.
func TestMarkdown(t *testing.T) {
	facts := sound()
	facts.Health.Workers = append(facts.Health.Workers, health.Worker{Name: "C", HeardAt: now.Add(-2 * time.Hour)})
	var text strings.Builder
	require.NoError(t, audit.Make(facts).Markdown(&text))
	assert.Equal(t, `# Integrations Audit Report

2027-03-01T12:00:00Z

## Client Status

| Integration | Circuit State | Failures | Last Success |
|---|---|---|---|
| stripe | CLOSED (2 workers) | 2 | 30 s ago |
| twilio | CLOSED (1 worker) | 1 | 2 min ago |

The state is the worst of 2 workers that report. Silent: C (last heard 2 h ago)

## Resilience Configuration

| Client | Retry Max | Backoff | Circuit Threshold |
|---|---|---|---|
| stripe | 3 | Exponential: 1s, times 2, at most 30s | 3 failures, then open for 30s |
| twilio | 3 | Exponential: 1s, times 2, at most 30s | 3 failures, then open for 30s |

## Webhook Security

| Webhook | HMAC | Replay Protection | Timestamp Check |
|---|---|---|---|
| stripe | ✅ HMAC-SHA256 | ✅ remembered for 8 days | ✅ 5m0s back, 1m0s ahead |
| twilio | ✅ HMAC-SHA256 | ✅ remembered for 8 days | N/A: the sender signs no time |

Without a secret, and so refusing everything: zoom.

## Issues Found

| ID | Integration | Issue | Severity | Fix |
|---|---|---|---|---|
| INT001 | all | Worker C is silent: last report 2 h ago | MEDIUM | Look whether it was killed or hangs; one that is gone is forgotten after a day |

## Quality Gate (Integrations): PASSED
`, text.String())
}

// Each fault is found, with its severity; a HIGH one alone fails the gate.
func TestEachFaultIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		spoil    func(*audit.Facts)
		severity string
		where    string
		issue    string
	}{
		"nobody watches": {func(f *audit.Facts) { f.Watched, f.Health = false, health.Overview{Workers: f.Health.Workers} }, audit.High, "all", "does not run"},
		"no checks":      {func(f *audit.Facts) { f.Health.Attention = []string{health.AttentionSilent} }, audit.High, "all", "No health check"},
		"no worker":      {func(f *audit.Facts) { f.Health.Workers, f.Health.Providers = nil, nil }, audit.High, "all", "No worker"},
		"no breaker":     {func(f *audit.Facts) { f.Health.Providers[0].Provider = "adyen" }, audit.High, "adyen", "Missing circuit breaker: no worker reports one"},
		"no threshold":   {func(f *audit.Facts) { f.Health.Workers[0].Circuits[1].Threshold = 0 }, audit.High, "twilio", "Missing circuit breaker: no number"},
		"open":           {func(f *audit.Facts) { f.Health.Workers[1].Circuits[0] = circuit("stripe", health.CircuitOpen, 7) }, audit.High, "stripe", "Circuit open after 7"},
		"half open": {func(f *audit.Facts) {
			f.Health.Workers[1].Circuits[0] = circuit("stripe", health.CircuitHalfOpen, 3)
		}, audit.Medium, "stripe", "half open"},
		"two settings": {func(f *audit.Facts) { f.Health.Workers[1].Circuits[0].Threshold = 4 }, audit.Low, "stripe", "different ways"},
		"a silent worker": {func(f *audit.Facts) {
			f.Health.Workers = append(f.Health.Workers, health.Worker{Name: "C", HeardAt: now.Add(-4 * time.Minute)})
		}, audit.Medium, "all", "Worker C is silent: last report 4 min ago"},
		"down": {func(f *audit.Facts) {
			f.Health.Providers[1].State, f.Health.Providers[1].Since = health.StateDown, now.Add(-time.Hour)
			f.Health.Providers[1].LastFailure = &health.Failure{Class: failure.Ambiguous, Code: "status_503"}
		}, audit.High, "stripe/function", "Down since 2027-03-01T11:00:00Z: Ambiguous status_503"},
		"no signature is asked for": {func(f *audit.Facts) { f.Webhooks[0].Protection.Guards[0].Algorithm = "" }, audit.High, "stripe", "without HMAC"},
		"no time is asked for":      {func(f *audit.Facts) { f.Webhooks[0].Protection.Guards[0].Window = verify.Window{} }, audit.High, "stripe", "without timestamp check"},
		"repeats are not known":     {func(f *audit.Facts) { f.Webhooks[0].Protection.Remember = 0 }, audit.High, "stripe", "without replay protection"},
		"a weaker scheme is accepted": {func(f *audit.Facts) {
			old := guard("OLD_SECRETS")
			old.Window, old.Undated, old.Better = verify.Window{}, "the sender signs no time", "STRIPE_WEBHOOK_SECRETS"
			f.Webhooks[0].Protection.Guards = append(f.Webhooks[0].Protection.Guards, old)
		}, audit.High, "stripe", "without timestamp check: OLD_SECRETS is accepted in the place of STRIPE_WEBHOOK_SECRETS"},
		"no secret of a provider that is called": {func(f *audit.Facts) { f.Webhooks[0].Protection.Configured = false }, audit.High, "stripe", "No webhook secret"},
		"no secret of another": {func(f *audit.Facts) {
			f.Webhooks[0].Protection.Configured, f.Webhooks[0].Protection.Provider = false, "vapi"
		}, audit.Low, "vapi", "No webhook secret"},
		"a secret that cannot be used": {func(f *audit.Facts) { f.Webhooks[0].Unusable = errors.New("STRIPE_WEBHOOK_SECRETS: no") }, audit.High, "stripe", "STRIPE_WEBHOOK_SECRETS: no"},
		"one try":                      {func(f *audit.Facts) { f.Retries.MaximumAttempts = 1 }, audit.High, "stripe", "Missing retries"},
		"no growing pause":             {func(f *audit.Facts) { f.Retries.BackoffCoefficient = 1 }, audit.Medium, "stripe", "No growing backoff"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := sound()
			retries := *facts.Retries
			facts.Retries = &retries
			test.spoil(&facts)
			report := audit.Make(facts)
			require.NotEmpty(t, report.Issues)
			first := report.Issues[0]
			assert.Equal(t, "INT001", first.ID)
			assert.Equal(t, test.where, first.Integration)
			assert.Contains(t, first.Issue, test.issue)
			assert.NotEmpty(t, first.Fix)
			assert.Equal(t, test.severity, first.Severity, "the worst comes first")
			assert.Equal(t, test.severity == audit.High, report.Gate == audit.Failed)
		})
	}
}

func TestAnEndlessRetryIsOne(t *testing.T) {
	facts := sound()
	facts.Retries = &temporal.RetryPolicy{BackoffCoefficient: 2}
	assert.Empty(t, audit.Make(facts).Issues)
}
