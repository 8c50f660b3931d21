package mail_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	port "guestjourney/activities/paging"
	"guestjourney/activities/paging/conformance"
	"guestjourney/activities/paging/mail"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

const nurse = "ana@casa.example"

// newHouse is the house's sender before the stand-in of SendGrid, on an account
// with the look-up, which a page must not use.
func newHouse(t *testing.T) (*mail.Pager, *sandboxtest.Sandbox) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{EmailActivity: true, ManualDelivery: true})
	client := providertest.NewClient(t, mail.Name, server.URL+"/sendgrid", nil)
	t.Cleanup(client.Close)
	sender, err := sendgrid.New(sendgrid.Config{APIKey: provider.Fixed(server.Secrets.SendGridKey), From: "stay@casa.example", EmailActivity: true}, client)
	require.NoError(t, err)
	pager, err := mail.New(sender)
	require.NoError(t, err)
	return pager, server
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		pager, server := newHouse(t)
		return conformance.Harness{
			Pager: pager, Channel: port.Email, To: nurse,
			Received: func(to string) (bodies []string) {
				for _, message := range server.Messages(sandbox.MessageFilter{Channel: "email", To: to}) {
					bodies = append(bodies, message.Body)
				}
				return bodies
			},
			LoseAnswer: func() {
				require.NoError(t, server.SetFault(sandbox.Fault{Provider: "sendgrid", Kind: sandbox.FaultDropAfter, Count: 1}))
			},
			Down: func(down bool) {
				server.ClearFaults()
				if down {
					require.NoError(t, server.SetFault(sandbox.Fault{Provider: "sendgrid", Kind: sandbox.FaultDown}))
				}
			},
		}
	})
}

func TestThePageIsInTheSubject(t *testing.T) {
	pager, server := newHouse(t)
	_, err := pager.Page(t.Context(), options.Effect{Key: "k"}, port.Notice{
		Session: "session/s1", Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: "session/s1/7", To: nurse, Channel: port.Email,
	})
	require.NoError(t, err)
	got := server.Messages(sandbox.MessageFilter{To: nurse})
	require.Len(t, got, 1)
	require.Equal(t, "Room 3: HIGH, code HR-LOW", got[0].Subject)
	require.Empty(t, server.Journal(sandbox.JournalFilter{Operation: "messages.list"}), "nothing is looked up")
}

// TestALongWaitIsCut: the sender hands on what SendGrid asks for.
func TestALongWaitIsCut(t *testing.T) {
	pager, server := newHouse(t)
	for asked, want := range map[int]time.Duration{900: 2 * time.Second, 1: time.Second} {
		require.NoError(t, server.SetFault(sandbox.Fault{Provider: "sendgrid", Kind: sandbox.Fault429, RetryAfter: asked, Count: 1}))
		_, err := pager.Page(t.Context(), options.Effect{Key: "k"}, port.Notice{Room: "3", To: nurse, Channel: port.Email})
		var failed *failure.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, failure.Throttled, failed.Class)
		require.Equal(t, want, failed.RetryAfter)
	}
}

func TestNewNeedsASender(t *testing.T) {
	_, err := mail.New(nil)
	require.Error(t, err)
}
