package sendgrid_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email/conformance"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
)

// newSandbox returns the stand-in for SendGrid and a client before it.
func newSandbox(t *testing.T, emailActivity bool) (*sandbox.Server, sandbox.Secrets, *provider.Client, *loser) {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	server, err := sandbox.New(sandbox.Config{Secrets: secrets, EmailActivity: emailActivity})
	require.NoError(t, err)
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		listener.Close()
		require.NoError(t, server.Close(context.Background()))
	})
	transport := &loser{t: t, server: server, next: http.DefaultTransport}
	return server, secrets, newClient(t, listener.URL+"/sendgrid", transport), transport
}

// loser passes requests on. When armed, it makes the sandbox lose the answer to
// the next write, not to a look-up that happens to come before it.
type loser struct {
	t      *testing.T
	server *sandbox.Server
	next   http.RoundTripper
	armed  atomic.Bool
}

func (l *loser) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && l.armed.CompareAndSwap(true, false) {
		require.NoError(l.t, l.server.SetFault(sandbox.Fault{Provider: "sendgrid", Kind: sandbox.FaultDropAfter, Count: 1}))
	}
	return l.next.RoundTrip(request)
}

func TestConformance(t *testing.T) {
	for name, guarantee := range map[string]conformance.Guarantee{
		"with the activity look-up":    conformance.ExactlyOnce,
		"without the activity look-up": conformance.AtLeastOnce,
	} {
		activity := guarantee == conformance.ExactlyOnce
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.Harness {
				server, secrets, client, transport := newSandbox(t, activity)
				sender, err := sendgrid.New(sendgrid.Config{
					APIKey: provider.Fixed(secrets.SendGridKey), From: "stay@casa.example", FromName: "Casa Serena", EmailActivity: activity,
				}, client)
				require.NoError(t, err)
				return conformance.Harness{
					Sender: sender, Guarantee: guarantee,
					Effects:    func(effectKey string) int { return server.Effects()[effectKey] },
					LoseAnswer: func() { transport.armed.Store(true) },
				}
			})
		})
	}
}
