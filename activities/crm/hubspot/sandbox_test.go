package hubspot_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm/conformance"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

// newSandbox returns the stand-in for HubSpot and a client before it.
func newSandbox(t *testing.T) (*sandboxtest.Sandbox, *provider.Client, *sandboxtest.NextWrite) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{})
	next := server.NextWrite("hubspot")
	return server, newClient(t, server.URL+"/hubspot", next), next
}

// upsertPath tells the kinds of records apart in the sandbox's journal.
var upsertPath = map[conformance.Kind]string{
	conformance.Contacts: "/contacts/batch/upsert",
	conformance.Deals:    "/0-3/batch/upsert",
	conformance.Notes:    "/notes/batch/upsert",
}

func TestConformance(t *testing.T) {
	for _, version := range []string{"v3", "2026-09"} {
		t.Run(version, func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.Harness { return harness(t, version) })
		})
	}
}

func harness(t *testing.T, version string) conformance.Harness {
	t.Helper()
	server, client, next := newSandbox(t)
	book, err := hubspot.New(hubspot.Config{AccessToken: server.Secrets.HubSpotToken, Version: version}, client)
	require.NoError(t, err)
	return conformance.Harness{
		Book: book,
		Records: func(kind conformance.Kind) int {
			written := map[string]bool{}
			for _, call := range server.Journal(sandbox.JournalFilter{Provider: "hubspot"}) {
				if call.Effect && strings.HasSuffix(call.Path, upsertPath[kind]) {
					written[call.ObjectID] = true
				}
			}
			return len(written)
		},
		LoseAnswer: func() { next.Arm(sandbox.FaultDropAfter) },
	}
}
