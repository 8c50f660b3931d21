package sandbox

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pinned values were made by independent implementations.
func TestSignaturesMatchKnownVectors(t *testing.T) {
	const body = `{"id":"evt_1","type":"x","name":"Zoë 😀 \u00e9"}`
	stripe := signStripe("whsec_test_secret", body, time.Unix(12345, 0))
	assert.Equal(t, "t=12345,v1=080ee8a8aead17da9221d62feb1cd72e20ea4e4d25a147e8417049dc34c4e8e0", stripe.Get("Stripe-Signature"))

	hubspot := signHubSpot("s3cr3t", http.MethodPost, "https://example.com/h?src=hs%3Aapp%2Fv3&x=%28a%29&y=a%20b", "[]", time.UnixMilli(1700000000000))
	assert.Equal(t, "lljvuo2oQSainVl01ALejkD//tAfr5cM5Z/HEZSR0W8=", hubspot.Get("X-HubSpot-Signature-v3"))

	// Twilio's documented example.
	twilio, err := signTwilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212")
	require.NoError(t, err)
	assert.Equal(t, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", twilio.Get("X-Twilio-Signature"))

	// The Standard Webhooks specification's example.
	guest, err := signGuest("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`, time.Unix(1614265330, 0))
	require.NoError(t, err)
	assert.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", guest.Get("Webhook-Signature"))
}
