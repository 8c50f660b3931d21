package hubspot_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm/conformance"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
)

// newSandbox returns the stand-in for HubSpot and a client before it.
func newSandbox(t *testing.T) (*sandbox.Server, sandbox.Secrets, *provider.Client, *loser) {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	server, err := sandbox.New(sandbox.Config{Secrets: secrets})
	require.NoError(t, err)
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		listener.Close()
		require.NoError(t, server.Close(context.Background()))
	})
	transport := &loser{t: t, server: server}
	return server, secrets, newClient(t, listener.URL+"/hubspot", transport), transport
}

// loser passes requests on. When armed, it makes the sandbox lose the answer to
// the next write, not to a look-up that happens to come before it.
type loser struct {
	t      *testing.T
	server *sandbox.Server
	armed  atomic.Bool
}

func (l *loser) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && l.armed.CompareAndSwap(true, false) {
		require.NoError(l.t, l.server.SetFault(sandbox.Fault{Provider: "hubspot", Kind: sandbox.FaultDropAfter, Count: 1}))
	}
	return http.DefaultTransport.RoundTrip(request)
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
	server, secrets, client, transport := newSandbox(t)
	book, err := hubspot.New(hubspot.Config{AccessToken: secrets.HubSpotToken, Version: version}, client)
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
		LoseAnswer: func() { transport.armed.Store(true) },
	}
}
