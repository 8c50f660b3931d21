package google_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

const holdKey = "appt/a1/0123456789ab/hold/1"

// eventID is sha256(holdKey) in lower-case base32hex, made with another tool:
//
//	printf %s "$holdKey" | sha256sum | xxd -r -p | basenc --base32hex | tr -d = | tr A-Z a-z
const eventID = "ij0v35mov6dq20nqef0ks9on607mb5hbp4425o3mqbi20btv86bg"

// request is what Google would have received.
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

// echo answers an event as Google does: what was sent, with an etag.
func echo(w http.ResponseWriter, r *http.Request) {
	reply(http.StatusOK, `{"id":"`+eventID+`","etag":"\"2\""}`)(w, r)
}

// standing answers the entry as it stands in the calendar.
func standing(status, op string, start time.Time) http.HandlerFunc {
	event, err := json.Marshal(map[string]any{
		"id": eventID, "etag": `"1"`, "status": status, "summary": "retreat-7d A1", "description": "room with a view",
		"start":              map[string]string{"dateTime": start.UTC().Format(time.RFC3339)},
		"end":                map[string]string{"dateTime": start.Add(time.Hour).UTC().Format(time.RFC3339)},
		"extendedProperties": map[string]any{"private": map[string]string{"op": op, "staff": "kept"}},
	})
	if err != nil {
		panic(err)
	}
	return reply(http.StatusOK, string(event))
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
	client, err := provider.New(provider.Config{Name: "google", BaseURL: baseURL, Timeout: 5 * time.Second, Transport: transport})
	require.NoError(t, err)
	return client
}

func newDiary(t *testing.T, answers ...http.HandlerFunc) (*google.Diary, *stub) {
	t.Helper()
	return newDiaryWith(t, google.Config{AccessToken: "ya29.t0ken"}, answers...)
}

func newDiaryWith(t *testing.T, config google.Config, answers ...http.HandlerFunc) (*google.Diary, *stub) {
	t.Helper()
	script := &stub{answers: answers}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	diary, err := google.New(config, newClient(t, server.URL+"/google", nil))
	require.NoError(t, err)
	return diary, script
}

var mexico = time.FixedZone("", -6*60*60)

var start = time.Date(2027, 3, 2, 9, 0, 0, 0, mexico)

func entry() calendar.Entry {
	return calendar.Entry{
		HoldKey: holdKey, CalendarID: "house@group.calendar.google.com", Title: "retreat-7d A1",
		Start: start, End: start.Add(time.Hour), Zone: "America/Mexico_City", WorkflowID: "appt/a1",
	}
}

func effect(key string) options.Effect { return options.Effect{Key: key, FirstTry: true} }
