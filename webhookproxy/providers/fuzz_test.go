package providers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/profile"
)

// mostEvents is more than any provider's batch has.
const mostEvents = 2000

// fuzzEvents tries every route of a provider with anything that it might sign:
// no panic; only workflows that it may signal; events that have an ID, are small
// and the same for the same body.
func fuzzEvents(f *testing.F, name string, targets ...string) {
	provider := declare(f, config(nil))[name]
	for _, sample := range samples.All() {
		if sample.Provider == name {
			_, message := sampleOf(f, sample.Name)
			f.Add(message.Body, message.URL, message.Header.Get("X-Goog-Message-Number"))
		}
	}
	for _, text := range []string{"", "null", "[null]", "{}", `{"a":null}`, `[{"event":null}]`, strings.Repeat("[", 100)} {
		f.Add([]byte(text), publicURL+"/webhooks/"+name+"?workflow=journey%2Fj", "1")
	}
	f.Fuzz(func(t *testing.T, text []byte, address, header string) {
		if int64(len(text)) > provider.BodyLimit {
			return
		}
		delivery := providers.Delivery{
			Method: http.MethodPut, URL: address, Body: text, ReceivedAt: receivedAt,
			Header: http.Header{
				verify.StandardIDHeader: {header}, "X-Goog-Channel-Id": {"c"}, "X-Goog-Message-Number": {header}, "X-Goog-Resource-State": {header},
				"X-Contentful-Topic": {header}, "X-Contentful-Idempotency-Key": {header},
			},
			Match: verify.Match{SignedHeaders: []string{"x-contentful-topic", "x-contentful-idempotency-key"}},
		}
		for _, route := range provider.Routes {
			events, err := route.Events(delivery)
			again, errAgain := route.Events(delivery)
			if (err == nil) != (errAgain == nil) || !reflect.DeepEqual(events, again) {
				t.Fatalf("%s reads one body in two ways", route.Path)
			}
			if err != nil {
				continue
			}
			if len(events) > mostEvents {
				t.Fatalf("%s makes %d events", route.Path, len(events))
			}
			for _, event := range events {
				check(t, route.Path, event, targets)
				checkQuestion(t, route.Path, event, targets)
			}
			if route.Handshake != nil {
				_, _ = route.Handshake(t.Context(), delivery)
			}
			if route.Reply != nil && len(route.Reply(delivery).Body) > 100 {
				t.Fatalf("%s says back what was sent", route.Path)
			}
		}
	})
}

func check(t *testing.T, path string, event providers.Event, targets []string) {
	if event.ID == "" || len(event.ID) > 200 || len(event.Account) > 200 || len(event.Type) > 128 {
		t.Fatalf("%s: an event with no ID, or a long one", path)
	}
	if event.Signal == nil {
		return
	}
	if event.Foreign || !hasPrefix(event.Signal.WorkflowID, targets) || len(event.Signal.WorkflowID) > 1000 {
		t.Fatalf("%s signals %q", path, event.Signal.WorkflowID)
	}
	written, err := json.Marshal(event.Signal.Fact)
	if err != nil || len(written) >= maxFact || event.Signal.Fact.ID != event.ID {
		t.Fatalf("%s: a fact of %d bytes: %v", path, len(written), err)
	}
}

// checkQuestion: what is said when nobody answers is small JSON, and a promise in
// it is an event like any other. An answer from the worst of workflows is none.
func checkQuestion(t *testing.T, path string, event providers.Event, targets []string) {
	if event.Asks == nil {
		return
	}
	said, promise := event.Asks.Otherwise()
	if !json.Valid([]byte(said.Body)) || len(said.Body) > maxFact {
		t.Fatalf("%s says %d bytes", path, len(said.Body))
	}
	if promise != nil {
		check(t, path, *promise, targets)
	}
	answer, err := event.Asks.Answer(t.Context(), func(ctx context.Context, workflowID, update string, input, result any) error {
		if len(workflowID) > 1000 || workflowID == "" {
			t.Fatalf("%s asks %q", path, workflowID)
		}
		house := workflows{owner: profile.Owner{GuestRef: "g"}, caller: profile.Caller{JourneyID: "journey/j"}}
		if ask, tools := input.(journey.CallAsk); tools {
			for _, tool := range ask.Tools {
				house.answers.Answers = append(house.answers.Answers, journey.CallAnswer{ID: tool.ID, Say: "call_back"})
			}
		}
		return house.ask(ctx, workflowID, update, input, result)
	})
	if err == nil && !json.Valid([]byte(answer.Body)) {
		t.Fatalf("%s answers %q", path, answer.Body)
	}
}

func hasPrefix(id string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(id, prefix) && id != prefix {
			return true
		}
	}
	return false
}

func FuzzStripeEvents(f *testing.F)   { fuzzEvents(f, "stripe", "pay/") }
func FuzzTwilioEvents(f *testing.F)   { fuzzEvents(f, "twilio", "journey/", "appt/", "claim/phone/") }
func FuzzSendGridEvents(f *testing.F) { fuzzEvents(f, "sendgrid", "journey/", "appt/") }
func FuzzHubSpotEvents(f *testing.F)  { fuzzEvents(f, "hubspot", "claim/hubspot/") }
func FuzzGuestEvents(f *testing.F)    { fuzzEvents(f, "guest", "journey/") }

func FuzzVapiEvents(f *testing.F) { fuzzEvents(f, "vapi", "claim/phone/") }

// These signal nobody yet.
func FuzzWhatsAppEvents(f *testing.F)       { fuzzEvents(f, "whatsapp") }
func FuzzZoomEvents(f *testing.F)           { fuzzEvents(f, "zoom") }
func FuzzDailyEvents(f *testing.F)          { fuzzEvents(f, "daily") }
func FuzzGoogleEvents(f *testing.F)         { fuzzEvents(f, "google") }
func FuzzCalEvents(f *testing.F)            { fuzzEvents(f, "cal") }
func FuzzContentfulEvents(f *testing.F)     { fuzzEvents(f, "contentful") }
func FuzzSanityEvents(f *testing.F)         { fuzzEvents(f, "sanity") }
func FuzzCloudinaryEvents(f *testing.F)     { fuzzEvents(f, "cloudinary") }
func FuzzMuxEvents(f *testing.F)            { fuzzEvents(f, "mux") }
func FuzzOuraEvents(f *testing.F)           { fuzzEvents(f, "oura") }
func FuzzWHOOPEvents(f *testing.F)          { fuzzEvents(f, "whoop") }
func FuzzGarminEvents(f *testing.F)         { fuzzEvents(f, "garmin") }
func FuzzHealthKitEvents(f *testing.F)      { fuzzEvents(f, "healthkit") }
func FuzzPracticeBetterEvents(f *testing.F) { fuzzEvents(f, "practicebetter") }
func FuzzJaneEvents(f *testing.F)           { fuzzEvents(f, "jane") }
func FuzzFHIREvents(f *testing.F)           { fuzzEvents(f, "fhir") }
func FuzzMixpanelEvents(f *testing.F)       { fuzzEvents(f, "mixpanel") }
func FuzzSESEvents(f *testing.F)            { fuzzEvents(f, "ses") }
func FuzzStandardEvents(f *testing.F)       { fuzzEvents(f, "standard") }

// FuzzChallenges: whoever does not know the token is told nothing.
func FuzzChallenges(f *testing.F) {
	all := declare(f, config(every))
	f.Add("hub.mode=subscribe&hub.verify_token=x&hub.challenge=1")
	f.Add("verification_token=&challenge=1")
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		for name, ask := range asks {
			answer, err := all[name].Routes[0].Challenge(query)
			knows := len(query[ask.token]) == 1 && query.Get(ask.token) == secret(ask.variable)
			if err == nil && !knows || err != nil && answer != (providers.Answer{}) {
				t.Fatalf("%s answers %q", name, answer.Body)
			}
		}
	})
}
