package sendgrid_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email/conformance"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

// newSandbox returns the stand-in for SendGrid and a client before it.
func newSandbox(t *testing.T, emailActivity bool) (*sandboxtest.Sandbox, *provider.Client, *sandboxtest.NextWrite) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{EmailActivity: emailActivity})
	next := server.NextWrite("sendgrid")
	return server, newClient(t, server.URL+"/sendgrid", next), next
}

func TestConformance(t *testing.T) {
	for name, guarantee := range map[string]conformance.Guarantee{
		"with the activity look-up":    conformance.ExactlyOnce,
		"without the activity look-up": conformance.AtLeastOnce,
	} {
		activity := guarantee == conformance.ExactlyOnce
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.Harness {
				server, client, next := newSandbox(t, activity)
				sender, err := sendgrid.New(sendgrid.Config{
					APIKey: provider.Fixed(server.Secrets.SendGridKey), From: "stay@casa.example", FromName: "Casa Serena", EmailActivity: activity,
				}, client)
				require.NoError(t, err)
				return conformance.Harness{
					Sender: sender, Guarantee: guarantee,
					Effects:    func(effectKey string) int { return server.Effects()[effectKey] },
					LoseAnswer: func() { next.Arm(sandbox.FaultDropAfter) },
				}
			})
		})
	}
}
