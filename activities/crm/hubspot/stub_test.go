package hubspot_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

const key = "journey/j1/0123456789ab/crm/1"

// request is what HubSpot would have received.
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

// written is HubSpot's answer to an upsert of one record.
func written(id string) http.HandlerFunc {
	return reply(http.StatusOK, `{"status":"COMPLETE","results":[{"id":"`+id+`","new":true,"properties":{}}]}`)
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
	client, err := provider.New(provider.Config{Name: "hubspot", BaseURL: baseURL, Timeout: 5 * time.Second, Transport: transport})
	require.NoError(t, err)
	return client
}

func config() hubspot.Config {
	return hubspot.Config{
		AccessToken: "pat-t0ken", Pipeline: "retreats", Stages: map[string]string{"booked": "100200"},
	}
}

func newBook(t *testing.T, config hubspot.Config, answers ...http.HandlerFunc) (*hubspot.Book, *stub) {
	t.Helper()
	script := &stub{answers: answers}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	book, err := hubspot.New(config, newClient(t, server.URL+"/hubspot", nil))
	require.NoError(t, err)
	return book, script
}

func effect() options.Effect { return options.Effect{Key: key, FirstTry: true} }

func contact() crm.Contact {
	return crm.Contact{
		Email: "ana@guest.example", Phone: "+14155550134", FirstName: "Ana", LastName: "Prueba",
		Source: "website", Score: 70, Classification: "hot", JourneyRef: "journey/j1", GuestRef: "g-1",
	}
}

func deal() crm.Deal {
	return crm.Deal{
		JourneyRef: "journey/j1", ContactID: "51", Name: "retreat-7d g-1", Stage: crm.StageBooked,
		AmountMinor: 300050, Currency: "USD",
	}
}

func note() crm.Note {
	return crm.Note{ContactID: "51", JourneyRef: "journey/j1", Text: "Offer <sent> & read", AtUnixMilli: 1772442000123}
}
