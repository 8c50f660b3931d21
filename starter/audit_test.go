package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/starter/audit"
	"guestjourney/workflows/health"
)

func TestAuditCommand(t *testing.T) {
	configured(t)
	connection := house(t)
	code, stdout, stderr := cli(t, "", "audit")
	require.Equal(t, 1, code)
	require.Equal(t, "starter: quality gate FAILED\n", stderr)
	require.Contains(t, stdout, "| INT001 | all | health/integrations does not run")
	require.Contains(t, stdout, "## Quality Gate (Integrations): FAILED\n")

	watched(t, connection)
	require.NoError(t, connection.SignalWorkflow(t.Context(), health.ID, "", health.SignalWorker, health.WorkerReport{
		Worker: "W1", Circuits: []health.Circuit{{Provider: "stripe", State: health.CircuitClosed, LastSuccess: time.Now(), Threshold: 3, OpenFor: options.Duration(30 * time.Second)}},
	}))
	// Every secret is set, those of weaker schemes too.
	code, stdout, _ = cli(t, "", "audit", "--format", "json")
	require.Equal(t, 1, code)
	var report audit.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	var found []string
	for _, issue := range report.Issues {
		found = append(found, issue.Integration+" "+issue.Severity)
	}
	require.Equal(t, []string{"hubspot HIGH", "vapi HIGH", "vapi HIGH"}, found)
	require.Equal(t, audit.Failed, report.Gate)

	t.Setenv("HUBSPOT_LEGACY_SECRETS", "")
	t.Setenv("VAPI_LEGACY_SECRETS", "")
	code, stdout, stderr = cli(t, "", "audit")
	require.Zero(t, code, stdout)
	require.Empty(t, stderr)
	require.Contains(t, stdout, "| stripe | CLOSED (1 worker) | 0 |")
	require.Contains(t, stdout, "| stripe | 3 | Exponential: 1s, times 2, at most 30s | 3 failures, then open for 30s |")
	require.Contains(t, stdout, "| stripe | ✅ HMAC-SHA256 | ✅ remembered for 8 days | ✅ 5m0s back, 1m0s ahead |")
	require.Contains(t, stdout, "| twilio | ✅ HMAC-SHA1 | ✅ remembered for 30 days | N/A: the sender signs no time |")
	require.Contains(t, stdout, "| google | N/A: the sender offers a secret in a header, and no signature |")
	require.Contains(t, stdout, "## Quality Gate (Integrations): PASSED\n")

	t.Setenv("STRIPE_WEBHOOK_SECRETS", "")
	code, stdout, _ = cli(t, "", "audit")
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "| INT001 | stripe | No webhook secret is set")
	secretsFile(t, "STRIPE_WEBHOOK_SECRETS=whsec_1\n")
	code, _, _ = cli(t, "", "audit")
	require.Zero(t, code, "the file counts too")

	code, _, stderr = cli(t, "", "audit", "--format", "html")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `want "markdown" or "json"`)
}
