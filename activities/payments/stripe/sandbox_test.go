package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/payments/conformance"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, harness)
	t.Logf("%d requests and %d answers of the sandbox's follow the description", held.requests.Load(), held.answers.Load())
}

func harness(t *testing.T) conformance.Harness {
	server := sandboxtest.Open(t, sandbox.Config{})
	next := server.NextWrite("stripe")
	next.Next = described(t, next.Next)
	out, err := provider.New(provider.Config{Name: "stripe", BaseURL: server.URL + "/stripe", Transport: next})
	require.NoError(t, err)
	gateway, err := stripe.New(stripe.Config{SecretKey: provider.Fixed(server.Secrets.StripeKey), ReturnURL: "https://guests.example/thanks"}, out)
	require.NoError(t, err)
	return conformance.Harness{
		Gateway: gateway,
		Effects: func(key string) int {
			effects := server.Effects()
			return effects[key] + effects[key+"#2"]
		},
		LoseAnswer: func() { next.Arm(sandbox.FaultDropAfter) },
		Fail500:    func() { next.Arm(sandbox.Fault500) },
		Pay: func(id string) {
			_, err := server.Pay(id, sandbox.PayOptions{})
			require.NoError(t, err)
		},
		Decline: func(id string) {
			require.NoError(t, server.SetChargeOutcome(id, sandbox.ChargeDeclined))
		},
	}
}
