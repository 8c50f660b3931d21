package providers_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
)

const (
	publicURL = "https://hooks.example.com"
	topic     = "arn:aws:sns:eu-central-1:123456789012:ses-feedback"
)

// keys are made once: RSA keys take their time.
var keys = sync.OnceValue(func() (made struct {
	rsa                    *rsa.PrivateKey
	ecdsaPublic, ecdsaText string
	rsaText                string
	certificate            *x509.Certificate
},
) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		must(err)
		return base64.StdEncoding.EncodeToString(der)
	}
	var err error
	made.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	made.rsaText = pkcs8(made.rsa)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	made.ecdsaText = pkcs8(key)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	must(err)
	made.ecdsaPublic = base64.StdEncoding.EncodeToString(public)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: receivedAt.AddDate(-1, 0, 0), NotAfter: receivedAt.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, crypto.Signer(made.rsa).Public(), made.rsa)
	must(err)
	made.certificate, err = x509.ParseCertificate(der)
	must(err)
	return made
})

// secret is a made-up secret in the form that the variable's scheme wants.
func secret(variable string) string {
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
		return keys().ecdsaPublic
	case "SENDGRID_SAMPLE_PRIVATE_KEY":
		return keys().ecdsaText
	case "SNS_SAMPLE_PRIVATE_KEY":
		return keys().rsaText
	}
	return "secret-of-" + variable
}

func every(variable string) []string { return []string{secret(variable)} }

// only is the secrets of these variables alone.
func only(variables ...string) providers.Secrets {
	return func(variable string) []string {
		for _, one := range variables {
			if one == variable {
				return every(variable)
			}
		}
		return nil
	}
}

// amazon answers for Amazon with the certificate of the sample's key, at its
// one address.
type amazon struct{}

func (amazon) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.String() != samples.SampleCertificate {
		return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: request}, nil
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: keys().certificate.Raw})
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(text)), Request: request}, nil
}

func config(secrets providers.Secrets) providers.Config {
	roots := x509.NewCertPool()
	roots.AddCert(keys().certificate)
	return providers.Config{Secrets: secrets, IdentityKey: identityKey, Starts: rules, Certificates: verify.NewCertificates(amazon{}, roots)}
}

func declare(t testing.TB, config providers.Config) map[string]providers.Provider {
	t.Helper()
	all, err := providers.All(config)
	require.NoError(t, err)
	named := map[string]providers.Provider{}
	for _, provider := range all {
		named[provider.Name] = provider
	}
	return named
}

func sampleOf(t testing.TB, name string) (samples.Sample, verify.Message) {
	t.Helper()
	sample, err := samples.Find(name)
	require.NoError(t, err)
	message, err := sample.Make(every, publicURL, receivedAt)
	require.NoError(t, err)
	return sample, message
}

// routeOf finds the route as the gateway does: a segment with a colon takes
// anything.
func routeOf(t testing.TB, provider providers.Provider, address string) providers.Route {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	for _, route := range provider.Routes {
		want, have := strings.Split(route.Path, "/"), strings.Split(parsed.Path, "/")
		fits := len(want) == len(have)
		for i := 0; fits && i < len(want); i++ {
			fits = want[i] == have[i] || strings.HasPrefix(want[i], ":")
		}
		if fits {
			return route
		}
	}
	t.Fatalf("%s has no route for %s", provider.Name, parsed.Path)
	return providers.Route{}
}

func deliveryOf(message verify.Message, match verify.Match) providers.Delivery {
	return providers.Delivery{
		Method: message.Method, URL: message.URL, Header: message.Header, Body: message.Body, ReceivedAt: receivedAt, Match: match,
	}
}

// digest is what IDs of several fields are, written apart from the providers.
func digest(parts ...string) string {
	var all []byte
	for _, part := range parts {
		all = append(binary.BigEndian.AppendUint64(all, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(all)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// content is what IDs of a whole body are; the body here must have no numbers
// that a float does not hold.
func content(t testing.TB, body []byte) string {
	var value any
	require.NoError(t, json.Unmarshal(body, &value))
	canonical, err := json.Marshal(value)
	require.NoError(t, err)
	sum := sha256.Sum256(canonical)
	return "content:" + hex.EncodeToString(sum[:])
}
