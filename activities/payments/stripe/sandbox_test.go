package stripe_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/payments/conformance"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, harness)
	t.Logf("%d requests and %d answers of the sandbox's follow the description", held.requests.Load(), held.answers.Load())
}

func harness(t *testing.T) conformance.Harness {
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	server, err := sandbox.New(sandbox.Config{Secrets: secrets})
	require.NoError(t, err)
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		listener.Close()
		require.NoError(t, server.Close(context.Background()))
	})
	faults := &nextWrite{t: t, server: server, next: described(t, http.DefaultTransport)}
	out, err := provider.New(provider.Config{Name: "stripe", BaseURL: listener.URL + "/stripe", Transport: faults})
	require.NoError(t, err)
	gateway, err := stripe.New(stripe.Config{SecretKey: provider.Fixed(secrets.StripeKey), ReturnURL: "https://guests.example/thanks"}, out)
	require.NoError(t, err)
	return conformance.Harness{
		Gateway: gateway,
		Effects: func(key string) int {
			effects := server.Effects()
			return effects[key] + effects[key+"#2"]
		},
		LoseAnswer: func() { faults.arm(sandbox.FaultDropAfter) },
		Fail500:    func() { faults.arm(sandbox.Fault500) },
		Pay: func(id string) {
			_, err := server.Pay(id, sandbox.PayOptions{})
			require.NoError(t, err)
		},
		Decline: func(id string) {
			require.NoError(t, server.SetChargeOutcome(id, sandbox.ChargeDeclined))
		},
	}
}

// nextWrite passes requests on; armed, it makes the sandbox fail at the next
// write, and not at a look-up that happens to come before it.
type nextWrite struct {
	t      *testing.T
	server *sandbox.Server
	next   http.RoundTripper
	armed  atomic.Pointer[sandbox.FaultKind]
}

func (n *nextWrite) arm(kind sandbox.FaultKind) { n.armed.Store(&kind) }

func (n *nextWrite) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodPost {
		if kind := n.armed.Swap(nil); kind != nil {
			require.NoError(n.t, n.server.SetFault(sandbox.Fault{Provider: "stripe", Kind: *kind, Count: 1}))
		}
	}
	return n.next.RoundTrip(request)
}
