package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
)

const (
	hooks = "https://hooks.example.com"
	topic = "arn:aws:sns:eu-central-1:123456789012:ses-feedback"
)

// cameAt is when the captured webhooks of tests came.
var cameAt = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// pair is a key of ours whose public half stands in for a provider's.
var pair = sync.OnceValue(func() (texts struct{ public, ecdsa, rsa string }) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	text := func(der []byte, err error) string {
		must(err)
		return base64.StdEncoding.EncodeToString(der)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	mail, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	texts.public, texts.ecdsa = text(x509.MarshalPKIXPublicKey(key.Public())), text(x509.MarshalPKCS8PrivateKey(key))
	texts.rsa = text(x509.MarshalPKCS8PrivateKey(mail))
	return texts
})

// webhookSecret is a made-up secret in the form that the variable's scheme wants.
func webhookSecret(variable string) string {
	key := base64.StdEncoding.EncodeToString([]byte((variable + strings.Repeat("x", 32))[:32]))
	switch variable {
	case "GUEST_WEBHOOK_SECRETS", "HEALTHKIT_WEBHOOK_SECRETS", "STANDARD_WEBHOOK_SECRETS", "VAPI_WEBHOOK_SECRETS":
		return "whsec_" + key
	case "DAILY_WEBHOOK_SECRETS":
		return key
	case "CONTENTFUL_WEBHOOK_SECRETS":
		return strings.Repeat("c", 64)
	case "FHIR_TOKENS":
		return "Bearer " + key
	case "MIXPANEL_CREDENTIALS":
		return "mixpanel:" + key
	case "SNS_TOPIC_ARNS":
		return topic
	case "SENDGRID_WEBHOOK_PUBLIC_KEYS":
		return pair().public
	case "SENDGRID_SAMPLE_PRIVATE_KEY":
		return pair().ecdsa
	case "SNS_SAMPLE_PRIVATE_KEY":
		return pair().rsa
	}
	return "secret-of-" + variable
}

func everySecret(variable string) []string { return []string{webhookSecret(variable)} }

// configured sets the environment of a proxy that has the secrets of these
// variables; none means those of every one.
func configured(t *testing.T, variables ...string) {
	t.Helper()
	t.Setenv("IDENTITY_KEY", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("i", 32))))
	t.Setenv("HUBSPOT_START_FORMS", "website")
	t.Setenv("HUBSPOT_START_PROGRAM", "retreat-7d")
	for _, variable := range append(providers.Variables(), "SENDGRID_SAMPLE_PRIVATE_KEY", "SNS_SAMPLE_PRIVATE_KEY") {
		value := ""
		if len(variables) == 0 || slices.Contains(variables, variable) {
			value = webhookSecret(variable)
		}
		t.Setenv(variable, value)
	}
	t.Setenv("PUBLIC_URL", "")
	t.Setenv("WEBHOOK_SECRETS_FILE", "")
}

// secretsFile puts a text into WEBHOOK_SECRETS_FILE.
func secretsFile(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets.env")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	t.Setenv("WEBHOOK_SECRETS_FILE", path)
}

// signed is a sample as its provider would send it.
func signed(t *testing.T, name string) (samples.Sample, verify.Message) {
	t.Helper()
	sample, err := samples.Find(name)
	require.NoError(t, err)
	message, err := sample.Make(everySecret, hooks, cameAt)
	require.NoError(t, err)
	return sample, message
}

// asCall is the command line for a captured message.
func asCall(provider string, message verify.Message, more ...string) []string {
	args := []string{"webhook", "verify", "--provider", provider, "--method", message.Method, "--url", message.URL, "--at", cameAt.Format(time.RFC3339)}
	for name, values := range message.Header {
		for _, value := range values {
			args = append(args, "-H", name+": "+value)
		}
	}
	return append(args, more...)
}

// quiet holds an output to what it may show: no secret, no header but one that is the type, nothing of
// who the sample is about.
func quiet(t *testing.T, message verify.Message, said ...string) {
	t.Helper()
	text := strings.Join(said, "\n")
	for _, variable := range append(providers.Variables(), "SENDGRID_SAMPLE_PRIVATE_KEY", "SNS_SAMPLE_PRIVATE_KEY") {
		require.NotContains(t, text, webhookSecret(variable), variable)
	}
	for name, values := range message.Header {
		if !slices.Contains([]string{"User-Agent", "Content-Type", "X-Contentful-Topic"}, name) && len(values[0]) > 15 {
			require.NotContains(t, text, values[0], name)
		}
	}
	for _, personal := range []string{"guest@example.com", "5005550006", "When is my session", "When+is"} {
		require.NotContains(t, text, personal)
	}
}

// stripeSignature signs a body that is no sample.
func stripeSignature(secret, body string, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
