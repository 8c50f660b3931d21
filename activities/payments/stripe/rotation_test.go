package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/payments"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider/providertest"
)

// TestAKeyThatRotatesWhileTheGatewayLives: Stripe refuses the old key before it
// looks at the idempotency key, so the same request under the new one is the first.
func TestAKeyThatRotatesWhileTheGatewayLives(t *testing.T) {
	refused := providertest.Reply(401, problem("invalid_request_error", ""))
	script, address := providertest.Serve(t, refused, providertest.Reply(200, `{"id":"cus_1"}`), providertest.Reply(200, `{"id":"cus_2"}`))
	gateway, err := stripe.New(stripe.Config{
		SecretKey: &providertest.Rotated{First: "sk_old", Second: "sk_new"}, ReturnURL: "https://guests.example/thanks",
	}, providertest.NewClient(t, "stripe", address, nil))
	require.NoError(t, err)
	customer, err := gateway.EnsureCustomer(t.Context(), effect(true), payments.Customer{LeadID: "L1", Email: "ana@example.com"})
	require.NoError(t, err)
	assert.Equal(t, "cus_1", customer.ID)
	_, err = gateway.EnsureCustomer(t.Context(), effect(true), payments.Customer{LeadID: "L1", Email: "ana@example.com"})
	require.NoError(t, err)

	requests := script.Received()
	require.Len(t, requests, 3)
	assert.Equal(t, requests[0].Header.Get("Idempotency-Key"), requests[1].Header.Get("Idempotency-Key"))
	assert.Equal(t, requests[0].Form, requests[1].Form)
	assert.Equal(t, "ana@example.com", requests[1].Form.Get("email"))
	for i, want := range []string{"Bearer sk_old", "Bearer sk_new", "Bearer sk_new"} {
		assert.Equal(t, want, requests[i].Header.Get("Authorization"))
	}
}
