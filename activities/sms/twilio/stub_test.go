package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/provider"
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

// request is what Twilio would have received.
type request struct {
	method, path string
	query, form  url.Values
	user, secret string
	header       http.Header
}

// stub answers as scripted, one answer after the other, and keeps the requests.
type stub struct {
	mutex    sync.Mutex
	requests []request
	answers  []http.HandlerFunc
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_ = r.ParseForm()
	user, secret, _ := r.BasicAuth()
	s.requests = append(s.requests, request{
		method: r.Method, path: r.URL.Path, query: r.URL.Query(), form: r.PostForm,
		user: user, secret: secret, header: r.Header,
	})
	if len(s.answers) == 0 {
		http.Error(w, "no answer left in the script", http.StatusTeapot)
		return
	}
	s.answers[0](w, r)
	s.answers = s.answers[1:]
}

func (s *stub) received() []request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.requests
}

// reply answers with a status and a JSON text.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func newClient(t *testing.T, baseURL string, transport http.RoundTripper) *provider.Client {
	t.Helper()
	client, err := provider.New(provider.Config{Name: "twilio", BaseURL: baseURL, Timeout: 5 * time.Second, Transport: transport})
	require.NoError(t, err)
	return client
}

func config() twilio.Config {
	return twilio.Config{
		AccountSID: account, APIKeySID: "SKkey", APIKeySecret: "k3ySecret", From: "+15005550006",
		PublicURL: "https://hooks.example/",
	}
}

// newSender returns a sender before a stub that gives these answers.
func newSender(t *testing.T, config twilio.Config, answers ...http.HandlerFunc) (*twilio.Sender, *stub) {
	t.Helper()
	script := &stub{answers: answers}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	sender, err := twilio.New(config, newClient(t, server.URL+"/twilio", nil))
	require.NoError(t, err)
	return sender, script
}

func effect(first bool) options.Effect {
	return options.Effect{Key: key, FirstTry: first, Since: since}
}

func text() sms.Text {
	return sms.Text{To: guest, Body: "Casa Serena: see you soon." + wording.Reference(key), WorkflowID: "appt/a1"}
}
