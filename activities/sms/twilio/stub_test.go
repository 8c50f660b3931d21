package twilio_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
	"guestjourney/activities/sms"
	"guestjourney/activities/sms/twilio"
	"guestjourney/activities/wording"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	guest   = "+14155550134"
	key     = "appt/a1/0123456789ab/reminder/1"
)

var since = time.Date(2027, 3, 2, 12, 0, 0, 0, time.UTC)

func newClient(t *testing.T, baseURL string, transport http.RoundTripper) *provider.Client {
	t.Helper()
	return providertest.NewClient(t, "twilio", baseURL, transport)
}

func config() twilio.Config {
	return twilio.Config{
		AccountSID: account, APIKeySID: "SKkey", APIKeySecret: "k3ySecret", From: "+15005550006",
		PublicURL: "https://hooks.example/",
	}
}

// newSender returns a sender before a stub that gives these answers.
func newSender(t *testing.T, config twilio.Config, answers ...http.HandlerFunc) (*twilio.Sender, *providertest.Script) {
	t.Helper()
	script, address := providertest.Serve(t, answers...)
	sender, err := twilio.New(config, newClient(t, address+"/twilio", nil))
	require.NoError(t, err)
	return sender, script
}

func effect(first bool) options.Effect {
	return options.Effect{Key: key, FirstTry: first, Since: since}
}

func text() sms.Text {
	return sms.Text{To: guest, Body: "Casa Serena: see you soon." + wording.Reference(key), WorkflowID: "appt/a1"}
}
