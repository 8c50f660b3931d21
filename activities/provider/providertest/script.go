// Package providertest is a provider that answers by script, for the adapters'
// tests of request shapes and error classes.
//
// Called by tests only. What a provider does with its state is the sandbox's
// business; here the subject is one request and one answer.
package providertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/provider"
)

// Request is what the provider would have received.
type Request struct {
	Method, Path string
	Query, Form  url.Values
	User, Secret string // basic authentication
	Header       http.Header
	Body         string
}

// Script answers one answer after the other, and keeps the requests.
type Script struct {
	mutex    sync.Mutex
	requests []Request
	answers  []http.HandlerFunc
}

// Serve serves a script for as long as the test runs, and returns its URL.
func Serve(t *testing.T, answers ...http.HandlerFunc) (*Script, string) {
	t.Helper()
	script := &Script{answers: answers}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	return script, server.URL
}

// ServeHTTP gives the next answer.
func (s *Script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	body, _ := io.ReadAll(r.Body)
	user, secret, _ := r.BasicAuth()
	form := url.Values{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ = url.ParseQuery(string(body))
	}
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Form: form,
		User: user, Secret: secret, Header: r.Header, Body: string(body),
	})
	if len(s.answers) == 0 {
		http.Error(w, "no answer left in the script", http.StatusTeapot)
		return
	}
	s.answers[0](w, r)
	s.answers = s.answers[1:]
}

// Received returns the requests so far.
func (s *Script) Received() []Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.requests
}

// Reply answers with a status and a JSON text.
func Reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// HangUp closes the connection without an answer.
func HangUp(w http.ResponseWriter, _ *http.Request) { Break(w, false) }

// NewClient makes a client for one provider, with a short patience.
func NewClient(t *testing.T, name, baseURL string, transport http.RoundTripper) *provider.Client {
	t.Helper()
	client, err := provider.New(provider.Config{Name: name, BaseURL: baseURL, Timeout: 5 * time.Second, Transport: transport})
	require.NoError(t, err)
	return client
}
