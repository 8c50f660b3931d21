package google_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar/conformance"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
)

// newSandbox returns the stand-in for Google Calendar and a client before it.
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
	return server, secrets, newClient(t, listener.URL+"/google", transport), transport
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
		require.NoError(l.t, l.server.SetFault(sandbox.Fault{Provider: "google", Kind: sandbox.FaultDropAfter, Count: 1}))
	}
	return http.DefaultTransport.RoundTrip(request)
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		server, secrets, client, transport := newSandbox(t)
		diary, err := google.New(google.Config{AccessToken: secrets.GoogleToken}, client)
		require.NoError(t, err)
		return conformance.Harness{
			Diary: diary, CalendarID: "primary",
			Entries: func() int {
				standing := 0
				for _, event := range server.CalendarEvents() {
					if event.Status != "cancelled" {
						standing++
					}
				}
				return standing
			},
			LoseAnswer: func() { transport.armed.Store(true) },
		}
	})
}
