package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	stripeclient "github.com/stripe/stripe-go/v76/client"
	"github.com/twilio/twilio-go"
	twilioclient "github.com/twilio/twilio-go/client"
	"go.uber.org/goleak"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"guestjourney/activities/provider/providertest"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/stripeschema"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		fmt.Println("answers held to the providers' descriptions:", answers.Load())
		os.Exit(code)
	}))
}

// world is a sandbox on a real socket with a proxy that records webhooks.
type world struct {
	*testing.T
	*sandbox.Server
	secrets sandbox.Secrets
	base    string
	http    *http.Client
	wire    *http.Transport // below it
	proxy   *recorder
}

// hook is one webhook as it arrived.
type hook struct {
	url    string
	path   string
	header http.Header
	body   string
}

// recorder is the proxy: it keeps what comes and answers as told.
type recorder struct {
	*httptest.Server
	mu     sync.Mutex
	hooks  []hook
	status func(hook, int) int // nil: 204
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		got := hook{url: r.URL + request.URL.RequestURI(), path: request.URL.Path, header: request.Header, body: string(body)}
		r.hooks = append(r.hooks, got)
		status := http.StatusNoContent
		if r.status != nil {
			status = r.status(got, len(r.hooks))
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) answer(status func(hook, int) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *recorder) at(path string) []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []hook
	for _, got := range r.hooks {
		if strings.HasPrefix(got.path, path) {
			found = append(found, got)
		}
	}
	return found
}

// await waits until n webhooks arrived at a path.
func (w *world) await(path string, n int) []hook {
	w.Helper()
	require.Eventually(w, func() bool { return len(w.proxy.at(path)) >= n }, 30*time.Second, 2*time.Millisecond, "want %d webhooks at %s", n, path)
	return w.proxy.at(path)
}

// settled waits until no webhook is pending.
func (w *world) settled() {
	w.Helper()
	require.Eventually(w, func() bool {
		for _, sent := range w.Webhooks("") {
			if sent.State == sandbox.WebhookPending {
				return false
			}
		}
		return true
	}, 30*time.Second, 2*time.Millisecond)
}

func quick(config *sandbox.Config) {
	config.StatusGap = time.Millisecond
	config.Webhooks = sandbox.WebhookPolicy{First: time.Millisecond, Max: 5 * time.Millisecond, Timeout: 5 * time.Second}
}

// start makes a world; each change adjusts the configuration.
func start(t *testing.T, changes ...func(*sandbox.Config)) *world {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	w := &world{T: t, secrets: secrets, proxy: newRecorder(t)}
	config := sandbox.Config{Secrets: secrets, ProxyURL: w.proxy.URL}
	quick(&config)
	for _, change := range changes {
		change(&config)
	}
	w.secrets = config.Secrets
	w.Server, err = sandbox.New(config)
	require.NoError(t, err)
	w.serve()
	return w
}

// serve puts the sandbox on a socket and closes both when the test ends.
func (w *world) serve() {
	server := httptest.NewServer(w.Handler())
	transport := &http.Transport{}
	w.base, w.wire, w.http = server.URL, transport, &http.Client{Transport: described(w.T, transport)}
	require.NoError(w, w.SetBaseURL(server.URL))
	w.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(w, w.Close(ctx))
	})
}

func (w *world) stripe() *stripeclient.API { return w.stripeAs(w.secrets.StripeKey) }

func (w *world) stripeAs(key string) *stripeclient.API {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(w.base + "/stripe"), HTTPClient: w.http, MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return stripeclient.New(key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

// elsewhere sends a vendor's fixed host to the sandbox.
type elsewhere struct {
	target *url.URL
	next   http.RoundTripper
}

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path = e.target.Scheme, e.target.Host, e.target.Path+r.URL.Path
	r.Host = e.target.Host
	return e.next.RoundTrip(r)
}

func (w *world) twilioAs(user, password string) *twilio.RestClient {
	target, err := url.Parse(w.base + "/twilio")
	require.NoError(w, err)
	transport := &twilioclient.Client{
		Credentials: twilioclient.NewCredentials(user, password),
		HTTPClient:  &http.Client{Transport: elsewhere{target, w.http.Transport}},
	}
	transport.SetAccountSid(w.secrets.TwilioAccountSID)
	return twilio.NewRestClientWithParams(twilio.ClientParams{Client: transport})
}

func (w *world) twilio() *twilio.RestClient {
	return w.twilioAs(w.secrets.TwilioKeySID, w.secrets.TwilioKeySecret)
}

func (w *world) google(token string) *calendar.Service {
	target, err := url.Parse(w.base)
	require.NoError(w, err)
	client := &http.Client{Transport: authorized{token, w.http.Transport}}
	service, err := calendar.NewService(context.Background(), option.WithHTTPClient(client), option.WithEndpoint(target.String()+"/google/calendar/v3/"))
	require.NoError(w, err)
	return service
}

type authorized struct {
	token string
	next  http.RoundTripper
}

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+a.token)
	return a.next.RoundTrip(r)
}

// call makes a plain call and returns status and body.
func (w *world) call(method, path, token, body string) (int, string) {
	w.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, w.base+path, strings.NewReader(body))
	require.NoError(w, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	request.Header.Set("Content-Type", "application/json")
	return w.do(request)
}

// do sends a request and reads the whole answer.
func (w *world) do(request *http.Request) (int, string) {
	w.Helper()
	response, err := w.http.Do(request)
	require.NoError(w, err)
	read, err := io.ReadAll(response.Body)
	require.NoError(w, err)
	require.NoError(w, response.Body.Close())
	return response.StatusCode, string(read)
}

// lastCall is the newest line of the journal for an operation.
func (w *world) lastCall(operation string) sandbox.JournalEntry {
	w.Helper()
	calls := w.Journal(sandbox.JournalFilter{Operation: operation})
	require.NotEmpty(w, calls, operation)
	return calls[len(calls)-1]
}

// contracts are the descriptions of which the folder is beside the repository.
var contracts = sync.OnceValue(func() map[string]*providertest.Contract {
	found := map[string]*providertest.Contract{}
	for name, at := range map[string][2]string{
		"twilio":   {"twilio_api_v2010.json", "https://api.twilio.com"},
		"sendgrid": {"sendgrid_mail_v3.json", "https://api.sendgrid.com"},
	} {
		if contract, err := providertest.ReadContract(at[0], at[1]); err == nil {
			found[name] = contract
		}
	}
	return found
})

// described holds every answer of the sandbox's, refusals and faults too, to the
// provider's description where it has one.
func described(t *testing.T, next http.RoundTripper) http.RoundTripper {
	return &providertest.Held{Next: next, Wrong: func(err error) { t.Error(err) },
		Answer: func(request *http.Request, status int, header http.Header, body []byte) error {
			name, path, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
			var err error
			switch contract := contracts()[name]; {
			case name == "stripe" && strings.HasPrefix(path, "v1/"):
				var problems []string
				if problems, err = stripeschema.Answer(request, status, body); len(problems) > 0 {
					err = fmt.Errorf("%q", problems)
				}
			case contract != nil:
				official := request.Clone(request.Context())
				official.URL.Path = "/" + path
				err = contract.Answer(official, status, header, body)
			}
			if errors.Is(err, stripeschema.ErrNotDescribed) || errors.Is(err, providertest.ErrNotDescribed) {
				return nil
			}
			answers.Add(1)
			return err
		},
	}
}

// answers counts those that were held to a description.
var answers atomic.Int32
