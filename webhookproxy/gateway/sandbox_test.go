package gateway_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/kit"
)

// What the sandbox signs, and sends again and again in the wrong order, is
// verified here and signalled once.
func TestSandboxWebhooks(t *testing.T) {
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	public, err := secrets.SendGridPublicKey()
	require.NoError(t, err)
	s := newStage(t, func(config *gateway.Config, declared *providers.Config) {
		declared.Secrets = func(variable string) []string {
			return map[string][]string{
				"STRIPE_WEBHOOK_SECRETS": {secrets.StripeWebhookSecret}, "TWILIO_AUTH_TOKEN": {secrets.TwilioAuthToken},
				"SENDGRID_WEBHOOK_PUBLIC_KEYS": {public}, "HUBSPOT_CLIENT_SECRETS": {secrets.HubSpotClientSecret},
				"GUEST_WEBHOOK_SECRETS": {secrets.GuestSecret},
			}[variable]
		}
		config.Now, config.PublicURL = time.Now, ownAddress
	})
	stand, err := sandbox.New(sandbox.Config{
		BaseURL: "http://sandbox.example", ProxyURL: s.server.URL, Secrets: secrets,
		Webhooks: sandbox.WebhookPolicy{First: 10 * time.Millisecond, Max: 20 * time.Millisecond},
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, stand.Close(context.Background())) }()
	stand.SetDelivery(sandbox.DeliveryOptions{Duplicates: 3, Reverse: true})

	_, err = stand.AnswerOffer("j1", "accepted")
	require.NoError(t, err)
	_, err = stand.ReplySMS("+525512345678", "STOP")
	require.NoError(t, err)
	_, err = stand.CreateContact(map[string]string{"email": "a@example.com"})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		for _, webhook := range stand.Webhooks("") {
			if webhook.State != sandbox.WebhookDelivered {
				return false
			}
		}
		return len(stand.Webhooks("")) == 12
	}, 30*time.Second, 5*time.Millisecond)
	names := map[string]int{}
	for _, call := range s.port.got() {
		names[call.signal.Name]++
	}
	require.Equal(t, map[string]int{kit.SignalGuest: 1, kit.SignalMessageIn: 1, kit.SignalContact: 1}, names)
}
