package twilio_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/provider"
	"guestjourney/activities/sms/conformance"
	"guestjourney/activities/sms/twilio"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

// newSandbox returns the stand-in for Twilio and a client before it.
func newSandbox(t *testing.T) (*sandboxtest.Sandbox, *provider.Client, *sandboxtest.NextWrite) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{ManualDelivery: true})
	next := server.NextWrite("twilio")
	return server, newClient(t, server.URL+"/twilio", next), next
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		server, client, next := newSandbox(t)
		sender, err := twilio.New(twilio.Config{
			AccountSID: server.Secrets.TwilioAccountSID, APIKeySID: server.Secrets.TwilioKeySID, APIKeySecret: server.Secrets.TwilioKeySecret,
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
			LoseAnswer: func() { next.Arm(sandbox.FaultDropAfter) },
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
