package google_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar/conformance"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

// newSandbox returns the stand-in for Google Calendar and a client before it.
func newSandbox(t *testing.T) (*sandboxtest.Sandbox, *provider.Client, *sandboxtest.NextWrite) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{})
	next := server.NextWrite("google")
	return server, newClient(t, server.URL+"/google", next), next
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		server, client, next := newSandbox(t)
		diary, err := google.New(google.Config{AccessToken: server.Secrets.GoogleToken}, client)
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
			LoseAnswer: func() { next.Arm(sandbox.FaultDropAfter) },
		}
	})
}
