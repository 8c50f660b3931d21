package sendgrid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

const key = "journey/j1/0123456789ab/welcome/1"

// accept is SendGrid's answer to a mail.
func accept(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Message-Id", "m1")
	w.WriteHeader(http.StatusAccepted)
}

func newClient(t *testing.T, baseURL string, transport http.RoundTripper) *provider.Client {
	t.Helper()
	return providertest.NewClient(t, "sendgrid", baseURL, transport)
}

func config(activity bool) sendgrid.Config {
	return sendgrid.Config{APIKey: provider.Fixed("SG.k3y"), From: "stay@casa.example", FromName: "Casa Serena", EmailActivity: activity}
}

func newSender(t *testing.T, config sendgrid.Config, answers ...http.HandlerFunc) (*sendgrid.Sender, *providertest.Script) {
	t.Helper()
	script, address := providertest.Serve(t, answers...)
	sender, err := sendgrid.New(config, newClient(t, address+"/sendgrid", nil))
	require.NoError(t, err)
	return sender, script
}

func effect(first bool) options.Effect {
	return options.Effect{Key: key, FirstTry: first, Since: time.Now()}
}

func message() email.Mail {
	return email.Mail{
		To: "ana@guest.example", Name: "Ana Prueba", Subject: "Welcome, Ana", Text: "Hello Ana\n",
		WorkflowID: "journey/j1", Tracking: email.Tracking{Opens: true},
	}
}
