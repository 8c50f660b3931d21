package gateway_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
)

// Every provider whose events are acted on claims that a repeat is recognised:
// the same request again signals nobody again, for as long as it claims and
// while the signature is still fresh.
func TestARepeatIsRecognisedAsClaimed(t *testing.T) {
	s := newStage(t, func(_ *gateway.Config, declared *providers.Config) {
		usual := declared.Secrets
		declared.Secrets = func(variable string) []string {
			if variable == "VAPI_WEBHOOK_SECRETS" {
				return []string{secret}
			}
			return usual(variable)
		}
	})
	private, err := x509.MarshalPKCS8PrivateKey(s.sendGrid)
	require.NoError(t, err)
	secrets := func(variable string) []string {
		if variable == "SENDGRID_SAMPLE_PRIVATE_KEY" {
			return []string{base64.StdEncoding.EncodeToString(private)}
		}
		return []string{secret}
	}
	all, err := providers.All(providers.Config{})
	require.NoError(t, err)
	tried := map[string]bool{}
	for _, sample := range samples.All() {
		provider := all[indexOf(all, sample.Provider)]
		if len(provider.Types) == 0 || sample.Variable == "HUBSPOT_LEGACY_SECRETS" || sample.Variable == "VAPI_HMAC_SECRETS" || sample.Variable == "VAPI_LEGACY_SECRETS" {
			continue // nothing becomes of its events, or another sample has the same event
		}
		message, err := sample.Make(secrets, publicURL, start)
		require.NoError(t, err)
		send := func() reply {
			return s.do(message.Method, message.URL[len(publicURL):], message.Header, bytes.NewReader(message.Body))
		}
		before := len(s.port.got())
		require.Equal(t, http.StatusOK, send().status, sample.Name)
		signalled := len(s.port.got()) - before
		if signalled == 0 {
			continue // a type that nobody acts on
		}
		tried[provider.Name] = true
		for _, later := range []time.Duration{time.Second, 4 * time.Minute} {
			s.clock = func() time.Time { return start.Add(later) }
			require.Equal(t, http.StatusOK, send().status, sample.Name)
			protection, err := provider.Protection(func(string) []string { return nil })
			require.NoError(t, err)
			assert.Equal(t, protection.Remember > later, len(s.port.got()) == before+signalled, "%s: the same again %s later", sample.Name, later)
		}
		s.clock = func() time.Time { return start }
	}
	for _, provider := range all {
		assert.Equal(t, len(provider.Types) > 0, tried[provider.Name], provider.Name)
	}
}

func indexOf(all []providers.Provider, name string) int {
	for at, provider := range all {
		if provider.Name == name {
			return at
		}
	}
	return -1
}
