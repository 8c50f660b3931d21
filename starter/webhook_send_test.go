package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
	"guestjourney/workflows/profile"
)

// port is a Temporal that takes every signal, and tells.
type port struct {
	mutex sync.Mutex
	taken []taken
}

type taken struct {
	requestID string
	signal    providers.Signal
}

func (p *port) Signal(_ context.Context, requestID string, signal providers.Signal) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.taken = append(p.taken, taken{requestID, signal})
	return nil
}

func (p *port) Park(context.Context, parcel.Parcel) error { return nil }

func (p *port) all() []taken {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]taken(nil), p.taken...)
}

// proxy is a real gateway on a real listener, with every secret or only some.
// publicURL may be empty: then its own address is what providers call.
func proxy(t *testing.T, store inbox.Store, publicURL string, secrets providers.Secrets) (*httptest.Server, *port) {
	t.Helper()
	declared, err := providers.All(providers.Config{
		Secrets: secrets, IdentityKey: bytes.Repeat([]byte("i"), 32), Starts: &profile.StartRules{Forms: []string{"website"}, Program: "retreat-7d", PerHour: 20},
		Certificates: amazon(t), Confirm: func(context.Context, string) error { return nil },
	})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil)
	if publicURL == "" {
		publicURL = "http://" + server.Listener.Addr().String()
	}
	temporal := &port{}
	server.Config.Handler = gateway.New(gateway.Config{
		Providers: declared, Signaller: temporal, Inbox: store, Registry: prometheus.NewRegistry(), PublicURL: publicURL,
		Logger: slog.New(slog.DiscardHandler),
	})
	server.Start()
	t.Cleanup(server.Close)
	return server, temporal
}

// amazon has the certificate of the key that signs samples of SNS.
func amazon(t *testing.T) *verify.Certificates {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(pair().rsa)
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &key.(*rsa.PrivateKey).PublicKey, key)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(made)
	require.NoError(t, err)
	roots.AddCert(certificate)
	return verify.NewCertificates(transport(func(request *http.Request) *http.Response {
		if request.URL.String() != samples.SampleCertificate {
			return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: request}
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(text)), Request: request}
	}), roots)
}

type transport func(*http.Request) *http.Response

func (f transport) RoundTrip(request *http.Request) (*http.Response, error) { return f(request), nil }

func sent(t *testing.T, code int, args ...string) Sent {
	t.Helper()
	got, stdout, stderr := cli(t, "", append([]string{"webhook", "send", "-o", "json"}, args...)...)
	require.Equal(t, code, got, stderr)
	quiet(t, verify.Message{}, stdout, stderr)
	var told Sent
	require.NoError(t, json.Unmarshal([]byte(stdout), &told))
	return told
}

// Every sample of every provider passes a real proxy over HTTP, whose address is
// not the one that providers were told.
func TestEverySampleIsTakenByAProxy(t *testing.T) {
	store := shelf(t)
	configured(t)
	t.Setenv("PUBLIC_URL", hooks)
	server, _ := proxy(t, store, hooks, everySecret)
	for _, sample := range samples.All() {
		t.Run(sample.Name, func(t *testing.T) {
			args := []string{"--provider", sample.Provider, "--to", server.URL + "/"}
			if kind := kindOf(sample); kind != "" {
				args = append(args, "--kind", kind)
			}
			told := sent(t, 0, args...)
			require.Equal(t, http.StatusOK, told.Status, told.Answer)
			require.Equal(t, sample.Name, told.Sample)
			require.True(t, strings.HasPrefix(told.URL, server.URL+"/webhooks/"+sample.Provider), told.URL)
			require.True(t, strings.HasPrefix(told.Signed, hooks+"/webhooks/"), told.Signed)
		})
	}
}

func TestASampleReachesTheWorkflowThatIsNamed(t *testing.T) {
	store := shelf(t)
	configured(t, "STRIPE_WEBHOOK_SECRETS", "TWILIO_AUTH_TOKEN", "VAPI_HMAC_SECRETS", "GUEST_WEBHOOK_SECRETS")
	server, temporal := proxy(t, store, "", everySecret)
	for _, call := range [][2]string{{"stripe", "pay/01k3"}, {"guest", "journey/01k3"}} {
		code, stdout, stderr := cli(t, "", "webhook", "send", "--provider", call[0], "--to", server.URL, "--workflow", call[1])
		require.Zero(t, code, stderr)
		require.Contains(t, stdout, "200 OK\n{\"status\":\"accepted\"}\n")
	}
	sent(t, 0, "--provider", "twilio", "--kind", "status", "--to", server.URL, "--workflow", "journey/77")
	var targets []string
	for _, one := range temporal.all() {
		targets = append(targets, one.signal.WorkflowID)
	}
	require.Equal(t, []string{"pay/01k3", "journey/01k3", "journey/77"}, targets)

	require.Equal(t, "vapi-hmac", sent(t, 0, "--provider", "vapi", "--to", server.URL).Sample, "the first that has a secret")
	require.Contains(t, sent(t, 0, "--provider", "stripe", "--to", server.URL, "--workflow", "journey/x").Answer, "foreign")
}

func TestARefusedSampleSaysWhatToDo(t *testing.T) {
	store := shelf(t)
	configured(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, test := range map[string]struct {
		secrets providers.Secrets
		code    int
		want    string
	}{
		"another secret": {func(string) []string { return []string{"another"} }, 401, "has it the same TWILIO_AUTH_TOKEN, the same PUBLIC_URL"},
		"no secret":      {func(string) []string { return nil }, 503, "has it TWILIO_AUTH_TOKEN?"},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := func(variable string) []string {
				if variable != "TWILIO_AUTH_TOKEN" {
					return nil
				}
				return test.secrets(variable)
			}
			server, _ := proxy(t, store, "", secrets)
			require.Equal(t, test.code, sent(t, 1, "--provider", "twilio", "--kind", "inbound", "--to", server.URL).Status)
			_, _, stderr := cli(t, "", "webhook", "send", "--provider", "twilio", "--kind", "inbound", "--to", server.URL)
			require.Contains(t, stderr, test.want)
		})
	}
	code, _, stderr := cli(t, "", "webhook", "send", "--provider", "stripe", "--to", closed.URL)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no proxy answers at "+closed.URL+"/webhooks/stripe: is it running")
	nowhere := httptest.NewServer(http.NotFoundHandler())
	defer nowhere.Close()
	require.Equal(t, http.StatusNotFound, sent(t, 1, "--provider", "stripe", "--to", nowhere.URL).Status)
}

func TestWrongCallsOfSend(t *testing.T) {
	configured(t)
	const to = " --to http://127.0.0.1:1"
	for call, want := range map[string]string{
		"":                                          "--provider is missing; there are stripe",
		"--provider strip" + to:                     `no provider "strip"`,
		"--provider stripe":                         "--to is missing",
		"--provider stripe --to canary":             "--to: want the address of the proxy",
		"--provider vapi --kind x" + to:             `vapi has no sample "x"; it has assistant, hmac, legacy, standard, tools`,
		"--provider stripe --kind x" + to:           `it has one without a kind`,
		"--provider jane --workflow journey/x" + to: "the sample jane names no workflow",
		"--provider stripe -o xml" + to:             "--output",
	} {
		code, stdout, stderr := cli(t, "", append([]string{"webhook", "send"}, strings.Fields(call)...)...)
		require.Equal(t, 2, code, "%s: %s", call, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want, call)
	}
	require.NoError(t, os.Unsetenv("STRIPE_WEBHOOK_SECRETS"))
	code, _, stderr := cli(t, "", "webhook", "send", "--provider", "stripe", "--to", "http://127.0.0.1:1")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "STRIPE_WEBHOOK_SECRETS: is not set")
}
