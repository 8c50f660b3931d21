package twilio_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/provider"
	"guestjourney/activities/sms/conformance"
	"guestjourney/activities/sms/twilio"
	"guestjourney/internal/sandbox"
)

// newSandbox returns the stand-in for Twilio and a client before it.
func newSandbox(t *testing.T) (*sandbox.Server, sandbox.Secrets, *provider.Client, *loser) {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	server, err := sandbox.New(sandbox.Config{Secrets: secrets, ManualDelivery: true})
	require.NoError(t, err)
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		listener.Close()
		require.NoError(t, server.Close(context.Background()))
	})
	transport := &loser{t: t, server: server, next: http.DefaultTransport}
	return server, secrets, newClient(t, listener.URL+"/twilio", transport), transport
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
		require.NoError(l.t, l.server.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.FaultDropAfter, Count: 1}))
	}
	return l.next.RoundTrip(request)
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		server, secrets, client, transport := newSandbox(t)
		sender, err := twilio.New(twilio.Config{
			AccountSID: secrets.TwilioAccountSID, APIKeySID: secrets.TwilioKeySID, APIKeySecret: secrets.TwilioKeySecret,
			From: "+15005550006", PublicURL: "http://127.0.0.1:8080",
		}, client)
		require.NoError(t, err)
		return conformance.Harness{
			Sender: sender,
			Effects: func(effectKey string) int {
				// The sandbox knows the effect by the callback's "op".
				sum := sha256.Sum256([]byte(effectKey))
				return server.Effects()[hex.EncodeToString(sum[:8])]
			},
			LoseAnswer: func() { transport.armed.Store(true) },
			Arrives: func(id string, arrived bool, code int) {
				status := "delivered"
				if !arrived {
					status = "undelivered"
				}
				require.NoError(t, server.SMSStatus(id, status, code))
			},
			OptOut: func(number string) {
				_, err := server.ReplySMS(number, "STOP")
				require.NoError(t, err)
			},
		}
	})
}
