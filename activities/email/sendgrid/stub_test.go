package sendgrid_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

const key = "journey/j1/0123456789ab/welcome/1"

// request is what SendGrid would have received.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	body         string
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
	body, _ := io.ReadAll(r.Body)
	s.requests = append(s.requests, request{
		method: r.Method, path: r.URL.Path, query: r.URL.Query(), header: r.Header, body: string(body),
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

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// accept is SendGrid's answer to a mail.
func accept(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Message-Id", "m1")
	w.WriteHeader(http.StatusAccepted)
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
	client, err := provider.New(provider.Config{Name: "sendgrid", BaseURL: baseURL, Timeout: 5 * time.Second, Transport: transport})
	require.NoError(t, err)
	return client
}

func config(activity bool) sendgrid.Config {
	return sendgrid.Config{APIKey: "SG.k3y", From: "stay@casa.example", FromName: "Casa Serena", EmailActivity: activity}
}

func newSender(t *testing.T, config sendgrid.Config, answers ...http.HandlerFunc) (*sendgrid.Sender, *stub) {
	t.Helper()
	script := &stub{answers: answers}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	sender, err := sendgrid.New(config, newClient(t, server.URL+"/sendgrid", nil))
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
