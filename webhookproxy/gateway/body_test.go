package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/profile"
)

const (
	tools = `{"message":{"type":"tool-calls","timestamp":1803978000000,"call":{"id":"call-1","customer":{"number":"+525512345678"}},` +
		`"toolCallList":[{"id":"a","name":"next_session"},{"id":"b","name":"send_payment_link"}]}}`
	answeredTools = `{"results":[{"name":"next_session","result":"I see no appointment that is booked at the moment.","toolCallId":"a"},` +
		`{"name":"send_payment_link","result":"There is nothing to pay at the moment.","toolCallId":"b"}]}`
	fixedTools = `{"results":[{"name":"next_session","result":"I cannot look that up now. Somebody of the team will call you back.","toolCallId":"a"},` +
		`{"name":"send_payment_link","result":"I cannot look that up now. Somebody of the team will call you back.","toolCallId":"b"}]}`
	assistant = `{"message":{"type":"assistant-request","timestamp":1803978000000,"call":{"id":"call-1","customer":{"number":"+525512345678"}}}}`
)

// house is an Asker in front of a claim, a profile and a journey.
type house struct {
	mutex sync.Mutex
	port  *port
	asked []gateway.Update
	// signalled is how many signals were durable at each question.
	signalled []int
	fails     func(ctx context.Context, update gateway.Update) error
}

func (h *house) Ask(ctx context.Context, update gateway.Update) error {
	h.mutex.Lock()
	h.asked, h.signalled = append(h.asked, update), append(h.signalled, len(h.port.got()))
	fails := h.fails
	h.mutex.Unlock()
	if fails != nil {
		if err := fails(ctx, update); err != nil {
			return err
		}
	}
	switch told := update.Result.(type) {
	case *profile.Owner:
		told.GuestRef = "g1"
	case *profile.Caller:
		*told = profile.Caller{Locale: "es", JourneyID: "journey/1"}
	case *journey.CallAnswers:
		*told = journey.CallAnswers{Locale: "en", Answers: []journey.CallAnswer{{ID: "a", Say: "no_appointment"}, {ID: "b", Say: "nothing_due"}}}
	}
	return nil
}

func (h *house) got() []gateway.Update {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.asked)
}

// withHouse is a stage whose workflows answer.
func withHouse(t *testing.T) (*stage, *house) {
	t.Helper()
	asked := &house{}
	s := newStage(t, func(c *gateway.Config, declared *providers.Config) {
		c.Asker = asked
		declared.Assistants = providers.Assistants{ByLanguage: map[string]string{"es": "asst-es"}, Default: "asst-any"}
	})
	asked.port = s.port
	return s, asked
}

func (s *stage) vapi(body string) reply {
	s.t.Helper()
	return s.post("/webhooks/vapi", set("X-Vapi-Secret", secret), body)
}

// bodies is how often a body of a kind came from somewhere.
func (s *stage) bodies(kind, from string, times string) {
	s.t.Helper()
	require.Contains(s.t, s.scrape(), `guestjourney_webhook_bodies_total{body="`+from+`",provider="vapi",type="`+kind+`"} `+times+"\n")
}

func TestTheBodyIsAskedForOnceTheSignalIsDurable(t *testing.T) {
	s, asked := withHouse(t)
	got := s.vapi(tools)
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.JSONEq(t, answeredTools, got.body)
	require.Len(t, s.port.got(), 1)
	require.Equal(t, []int{1, 1, 1}, asked.signalled, "no question before the signal")

	require.JSONEq(t, `{"assistantId":"asst-es"}`, s.vapi(assistant).body)
	s.counted("vapi", "tool-calls", "accepted", 1)
	s.bodies("tool-calls", "found", "1")
	s.bodies("assistant-request", "found", "1")
	require.NotContains(t, s.logs.String(), "5512345678")
}

// A webhook that comes again is answered again, by the updates of the first time.
func TestARepeatedQuestionIsTheSameUpdates(t *testing.T) {
	s, asked := withHouse(t)
	for range 3 {
		require.JSONEq(t, answeredTools, s.vapi(tools).body)
	}
	require.Len(t, s.port.got(), 1, "one signal")
	require.Len(t, asked.got(), 9)
	for _, update := range asked.got() {
		require.Equal(t, s.port.got()[0].requestID, update.ID, "one ID for one event")
	}
	s.counted("vapi", "tool-calls", "duplicate", 2)
	s.vapi(assistant)
	require.NotEqual(t, asked.got()[0].ID, asked.got()[9].ID, "another event is another update")
}

func TestWithoutAnAnswerInTimeTheFixedBodyIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		fails     func(ctx context.Context, update gateway.Update) error
		asks      int
		assistant string // an assistant needs no journey
	}{
		"the claim is silent": {func(ctx context.Context, _ gateway.Update) error {
			<-ctx.Done()
			return gateway.ErrUnavailable
		}, 1, "asst-any"},
		"the journey is silent": {func(ctx context.Context, update gateway.Update) error {
			if update.WorkflowID != "journey/1" {
				return nil
			}
			<-ctx.Done()
			return gateway.ErrUnavailable
		}, 3, "asst-es"},
		"the journey has closed": {func(_ context.Context, update gateway.Update) error {
			if update.WorkflowID != "journey/1" {
				return nil
			}
			return gateway.ErrNoWorkflow
		}, 3, "asst-es"},
	} {
		t.Run(name, func(t *testing.T) {
			s, asked := withHouse(t)
			asked.fails = test.fails
			began := time.Now()
			got := s.vapi(tools)
			require.Less(t, time.Since(began), time.Second, "within the budget")
			require.Equal(t, http.StatusOK, got.status)
			require.JSONEq(t, fixedTools, got.body)
			require.Len(t, asked.got(), test.asks)

			signals := s.port.got()
			require.Len(t, signals, 2, "the call, and the promise")
			require.Equal(t, []string{"tool-calls", "call_back"}, []string{signals[0].signal.Fact.Type, signals[1].signal.Fact.Type})
			require.Equal(t, signals[0].signal.WorkflowID, signals[1].signal.WorkflowID)
			s.bodies("tool-calls", "fixed", "1")

			s.vapi(tools)
			require.Len(t, s.port.got(), 2, "a promise made twice is kept once")
			require.JSONEq(t, `{"assistantId":"`+test.assistant+`"}`, s.vapi(assistant).body)
		})
	}
}

// With Temporal away the event and the promise are in the inbox, and no workflow
// is asked of what it cannot know.
func TestAnEventInTheInboxHasTheFixedBody(t *testing.T) {
	s, asked := withHouse(t)
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrUnavailable })
	got := s.vapi(tools)
	require.Equal(t, http.StatusOK, got.status)
	require.JSONEq(t, fixedTools, got.body)
	require.Empty(t, asked.got())
	var waiting []string
	for _, entry := range s.waiting() {
		waiting = append(waiting, entry.Type)
	}
	require.ElementsMatch(t, []string{"tool-calls", "call_back"}, waiting)
	require.JSONEq(t, `{"assistantId":"asst-any"}`, s.vapi(assistant).body)
}

func TestWithoutAnAskerTheFixedBodyIsSaid(t *testing.T) {
	s := newStage(t)
	require.JSONEq(t, fixedTools, s.vapi(tools).body)
	require.Contains(t, s.vapi(assistant).body, "We cannot take your call right now")
}

// The call is durable, so it is taken; but nobody would know of the promise.
func TestNothingIsPromisedThatCannotBeKept(t *testing.T) {
	s, asked := withHouse(t)
	asked.fails = func(context.Context, gateway.Update) error {
		s.inbox.broken.Store(true)
		s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrUnavailable })
		return errors.New("no answer")
	}
	got := s.vapi(tools)
	require.Equal(t, http.StatusOK, got.status)
	require.JSONEq(t, `{"status":"accepted"}`, got.body)
	s.bodies("tool-calls", "withheld", "1")
}

func TestNothingIsAskedBeforeAnythingIsDurable(t *testing.T) {
	s, asked := withHouse(t)
	s.inbox.broken.Store(true)
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrUnavailable })
	require.Equal(t, http.StatusServiceUnavailable, s.vapi(tools).status)
	require.Empty(t, asked.got())
}
