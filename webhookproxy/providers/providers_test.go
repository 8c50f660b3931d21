package providers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/identity"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

var (
	identityKey = []byte("0123456789abcdef0123456789abcdef")
	receivedAt  = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)
	rules       = &profile.StartRules{Forms: []string{"website"}, Program: "retreat-7d", PerHour: 20}
)

const (
	sid     = "SM0123456789abcdef0123456789abcdef"
	account = "AC0123456789abcdef0123456789abcdef"
)

// read runs the route of a path on a body.
func read(t *testing.T, path string, delivery providers.Delivery) ([]providers.Event, error) {
	t.Helper()
	delivery.ReceivedAt = receivedAt
	if delivery.Header == nil {
		delivery.Header = http.Header{}
	}
	all, err := providers.All(providers.Config{IdentityKey: identityKey, Starts: rules})
	require.NoError(t, err)
	for _, provider := range all {
		for _, route := range provider.Routes {
			if route.Path == path {
				return route.Events(delivery)
			}
		}
	}
	t.Fatalf("no route %s", path)
	return nil, nil
}

func one(t *testing.T, path string, delivery providers.Delivery) providers.Event {
	t.Helper()
	events, err := read(t, path, delivery)
	require.NoError(t, err)
	require.Len(t, events, 1)
	return events[0]
}

func body(text string) providers.Delivery { return providers.Delivery{Body: []byte(text)} }

// Below the senders' own timeouts: see 1.2 of the requirements.
var budgets = map[string]time.Duration{
	"stripe": 8 * time.Second, "twilio": 8 * time.Second, "sendgrid": 8 * time.Second, "hubspot": 3500 * time.Millisecond, "guest": 5 * time.Second,
	"whatsapp": 5 * time.Second, "vapi": 5 * time.Second, "zoom": 2 * time.Second, "daily": 3 * time.Second, "google": 5 * time.Second, "cal": 5 * time.Second,
	"contentful": 8 * time.Second, "sanity": 8 * time.Second, "cloudinary": 5 * time.Second, "mux": 5 * time.Second, "oura": 6 * time.Second,
	"whoop": 700 * time.Millisecond, "garmin": 8 * time.Second, "healthkit": 8 * time.Second, "practicebetter": 5 * time.Second, "jane": 5 * time.Second,
	"fhir": 5 * time.Second, "mixpanel": 8 * time.Second, "ses": 8 * time.Second, "standard": 8 * time.Second,
}

// undated have a scheme that signs no time: a month of memory is what keeps
// replays out.
var undated = []string{
	"twilio", "sendgrid", "hubspot", "whatsapp", "vapi", "google", "cal", "garmin", "jane", "fhir", "mixpanel",
}

// limits are the largest bodies that are read, in KiB.
var limits = map[string]int64{
	"cal": 256, "cloudinary": 256, "contentful": 1024, "daily": 256, "fhir": 1024, "garmin": 1024, "google": 4, "guest": 64, "healthkit": 256,
	"hubspot": 256, "jane": 256, "mixpanel": 1024, "mux": 256, "oura": 64, "practicebetter": 256, "sanity": 1024, "sendgrid": 1024, "ses": 512,
	"standard": 256, "stripe": 256, "twilio": 64, "vapi": 1024, "whatsapp": 3072, "whoop": 64, "zoom": 256,
}

func TestTheTable(t *testing.T) {
	all, err := providers.All(providers.Config{})
	require.NoError(t, err)
	found, remembered, bodies := map[string]time.Duration{}, map[string]time.Duration{}, map[string]int64{}
	paths := map[string]bool{}
	for _, provider := range all {
		found[provider.Name], remembered[provider.Name] = provider.Budget, provider.Remember
		bodies[provider.Name] = provider.BodyLimit >> 10
		require.Positive(t, provider.BodyLimit)
		require.LessOrEqual(t, provider.BodyLimit, int64(3<<20))
		require.GreaterOrEqual(t, provider.Remember, 24*time.Hour, provider.Name)
		require.Equal(t, slices.Contains(undated, provider.Name), provider.Remember == 30*24*time.Hour, provider.Name)
		_, err := provider.Verifier.Verify(verify.Message{}, receivedAt)
		require.ErrorIs(t, err, verify.ErrNoSecret, "%s without a secret", provider.Name)
		for _, route := range provider.Routes {
			require.False(t, paths[route.Path], "%s twice", route.Path)
			require.True(t, route.Path == "/webhooks/"+provider.Name || strings.HasPrefix(route.Path, "/webhooks/"+provider.Name+"/"), route.Path)
			paths[route.Path] = true
		}
	}
	require.Equal(t, budgets, found)
	require.Equal(t, limits, bodies)
	require.GreaterOrEqual(t, remembered["stripe"], 8*24*time.Hour, "it sends again for days")
	require.GreaterOrEqual(t, remembered["whatsapp"], 8*24*time.Hour, "so does Meta")
	for _, more := range []string{
		"/webhooks/twilio/inbound", "/webhooks/twilio/status", "/webhooks/twilio/verify", "/webhooks/twilio/taskrouter", "/webhooks/fhir/:type/:id",
		"/webhooks/guest/intake", "/webhooks/guest/consent", "/webhooks/guest/health_form", "/webhooks/guest/policy_accepted", "/webhooks/guest/offer_answer",
	} {
		require.True(t, paths[more], more)
	}
}

// What acts on an event comes with the event's own issue.
func TestOnlyTheJourneysOwnEventsAreActedOn(t *testing.T) {
	all, err := providers.All(providers.Config{})
	require.NoError(t, err)
	var acted []string
	for _, provider := range all {
		if len(provider.Types) > 0 {
			acted = append(acted, provider.Name)
		}
	}
	require.ElementsMatch(t, []string{"stripe", "twilio", "sendgrid", "hubspot", "guest", "vapi"}, acted)
}

func TestVariables(t *testing.T) {
	all := providers.Variables()
	require.True(t, slices.IsSorted(all))
	require.Subset(t, all, []string{"STRIPE_WEBHOOK_SECRETS", "META_VERIFY_TOKENS", "OURA_VERIFY_TOKENS", "PRACTICEBETTER_VERIFY_TOKENS", "SNS_TOPIC_ARNS"})
	require.Equal(t, []string{"CONTENTFUL_WEBHOOK_SECRETS", "HUBSPOT_CLIENT_SECRETS", "HUBSPOT_LEGACY_SECRETS", "TWILIO_AUTH_TOKEN"}, providers.SigningURL())
}

func TestBadSecretsNameTheirVariables(t *testing.T) {
	_, err := providers.All(providers.Config{Secrets: func(variable string) []string {
		return map[string][]string{
			"SENDGRID_WEBHOOK_PUBLIC_KEYS": {"canary-key"}, "GUEST_WEBHOOK_SECRETS": {"canary-secret"}, "STRIPE_WEBHOOK_SECRETS": {"a", ""},
		}[variable]
	}})
	require.ErrorContains(t, err, "SENDGRID_WEBHOOK_PUBLIC_KEYS: ")
	require.ErrorContains(t, err, "GUEST_WEBHOOK_SECRETS: ")
	require.ErrorContains(t, err, "STRIPE_WEBHOOK_SECRETS: ")
	require.NotContains(t, err.Error(), "canary")
}

func TestStripe(t *testing.T) {
	event := func(kind, metadata string) string {
		return `{"id":"evt_1","object":"event","type":"` + kind + `","created":1803978000,"livemode":false,"data":{"object":{"id":"pi_1","metadata":` + metadata + `}}}`
	}
	for _, kind := range []string{
		"checkout.session.completed", "checkout.session.expired", "payment_intent.succeeded", "payment_intent.payment_failed", "charge.refunded",
	} {
		got := one(t, "/webhooks/stripe", body(event(kind, `{"workflowId":"pay/p1","leadId":"journey/j1"}`)))
		require.Equal(t, providers.Event{ID: "evt_1", Type: kind, Signal: &providers.Signal{
			WorkflowID: "pay/p1", Name: kit.SignalPayment,
			Fact: kit.Fact{ID: "evt_1", Provider: "stripe", Type: kind, Object: "pi_1", OccurredAt: time.Unix(1803978000, 0).UTC()},
		}}, got)
	}
	ignored := one(t, "/webhooks/stripe", body(event("invoice.paid", `{"workflowId":"pay/p1"}`)))
	require.Nil(t, ignored.Signal)
	require.False(t, ignored.Foreign)
	for _, metadata := range []string{`{}`, `null`, `{"workflowId":""}`, `{"workflowId":"pay/"}`, `{"workflowId":"journey/j1"}`, `{"WorkflowID":"pay/p1"}`, `{"workflowId":"pay/a\u0000b"}`, `{"workflowId":"pay/` + strings.Repeat("x", 1000) + `"}`} {
		foreign := one(t, "/webhooks/stripe", body(event("charge.refunded", metadata)))
		require.Nil(t, foreign.Signal, metadata)
		require.True(t, foreign.Foreign, metadata)
	}
	connected := one(t, "/webhooks/stripe", body(`{"id":"evt_1","type":"x","account":"acct_1"}`))
	require.Equal(t, "acct_1", connected.Account)
}

func TestHubSpot(t *testing.T) {
	const created = `{"eventId":4503599627370497,"subscriptionId":77001,"portalId":42,"occurredAt":1803978000123,"subscriptionType":"contact.creation","objectId":9007199254740993}`
	events, err := read(t, "/webhooks/hubspot", body(`[`+created+`,{"eventId":2,"subscriptionId":77002,"portalId":42,"occurredAt":5,"subscriptionType":"contact.propertyChange","objectId":7,"propertyName":"email"}]`))
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, providers.Event{
		Account: "42", ID: "42/77001/contact.creation/9007199254740993//1803978000123/4503599627370497", Type: "contact.creation",
		Signal: &providers.Signal{
			WorkflowID: "claim/hubspot/42/contact/9007199254740993", Name: kit.SignalContact,
			Fact: kit.Fact{
				ID: "42/77001/contact.creation/9007199254740993//1803978000123/4503599627370497", Provider: "hubspot", Type: "contact.creation",
				Object: "9007199254740993", OccurredAt: time.UnixMilli(1803978000123).UTC(),
			},
			Start: &providers.Start{WorkflowType: "Claim", TaskQueue: "journeys", Input: profile.ClaimInput{
				Kind: "hubspot_contact", ObjectID: "9007199254740993", Portal: "42", Starts: rules,
			}},
		},
	}, events[0])
	require.Equal(t, providers.Event{Account: "42", ID: "42/77002/contact.propertyChange/7/email/5/2", Type: "contact.propertyChange"}, events[1])

	none, err := read(t, "/webhooks/hubspot", body(`[]`))
	require.NoError(t, err)
	require.Empty(t, none)
	require.True(t, one(t, "/webhooks/hubspot", body(`[{"portalId":42,"subscriptionType":"contact.creation"}]`)).Foreign)
}

// An import of contacts that can start nothing must not start a workflow each.
func TestHubSpotWithoutRulesStartsNoClaim(t *testing.T) {
	all, err := providers.All(providers.Config{})
	require.NoError(t, err)
	for _, provider := range all {
		if provider.Name != "hubspot" {
			continue
		}
		events, err := provider.Routes[0].Events(body(`[{"portalId":42,"objectId":7,"subscriptionType":"contact.creation"}]`))
		require.NoError(t, err)
		require.Nil(t, events[0].Signal)
		require.False(t, events[0].Foreign)
	}
}

func form(pairs ...string) providers.Delivery {
	values := url.Values{"MessageSid": {sid}, "AccountSid": {account}}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return body(values.Encode())
}

func TestTwilioInbound(t *testing.T) {
	// Two spellings of one Mexican mobile are one claim.
	canonical, err := identity.Phone("", "+525512345678")
	require.NoError(t, err)
	want := identity.ClaimID(identityKey, identity.KindPhone, canonical)
	for _, from := range []string{"+525512345678", "+5215512345678"} {
		got := one(t, "/webhooks/twilio/inbound", form("From", from, "Body", "STOP", "OptOutType", "STOP"))
		require.Equal(t, providers.Event{Account: account, ID: sid, Type: "message_in", Signal: &providers.Signal{
			WorkflowID: want, Name: kit.SignalMessageIn,
			Fact: kit.Fact{ID: sid, Provider: "twilio", Type: "message_in", Object: sid, OccurredAt: receivedAt, Data: map[string]string{
				"body": "STOP", "from": from, "optOutType": "STOP",
			}},
			Start: &providers.Start{WorkflowType: "Claim", TaskQueue: "journeys", Input: profile.ClaimInput{Kind: "phone"}},
		}}, got)
	}
	require.NotContains(t, want, "5512345678")
	for _, from := range []string{"", "12345", "Airline", "whatsapp:+525512345678"} {
		got := one(t, "/webhooks/twilio/inbound", form("From", from, "Body", "hi"))
		require.True(t, got.Foreign, from)
	}
}

func TestTwilioStatus(t *testing.T) {
	status := func(query, status string, more ...string) providers.Delivery {
		delivery := form(append([]string{"MessageStatus", status}, more...)...)
		delivery.URL = "https://hooks.example.com/webhooks/twilio/status?" + query
		return delivery
	}
	for _, target := range []string{"journey/j1", "appt/a1"} {
		got := one(t, "/webhooks/twilio/status", status("workflow="+url.QueryEscape(target)+"&op=12", "undelivered", "ErrorCode", "30003"))
		require.Equal(t, providers.Event{Account: account, ID: sid + ":undelivered", Type: "undelivered", Moot: true, Signal: &providers.Signal{
			WorkflowID: target, Name: kit.SignalMessageStatus,
			Fact: kit.Fact{ID: sid + ":undelivered", Provider: "twilio", Type: "undelivered", Object: sid, OccurredAt: receivedAt, Data: map[string]string{"errorCode": "30003"}},
		}}, got)
	}
	require.Nil(t, one(t, "/webhooks/twilio/status", status("workflow=journey%2Fj1", "queued")).Signal)
	for _, query := range []string{"", "workflow=", "workflow=pay%2Fp1", "workflow=claim%2Fphone%2F0", "workflow=journey%2F", "workflow=journey%2Fa&workflow=journey%2Fb", "workflow=%zz"} {
		require.True(t, one(t, "/webhooks/twilio/status", status(query, "delivered")).Foreign, query)
	}
}

func TestSendGrid(t *testing.T) {
	const bounce = `{"email":"a@example.com","timestamp":1803978000,"event":"bounce","sg_event_id":"e1","sg_message_id":"m1.f","workflowId":"journey/j1","op_id":"k","reason":"550 no such user"}`
	events, err := read(t, "/webhooks/sendgrid", body(`[`+bounce+`,{"event":"open","sg_event_id":"e2","workflowId":"journey/j1"},{"event":"delivered","sg_event_id":"e3"},{"event":7}]`+"\r\n"))
	require.NoError(t, err)
	require.Len(t, events, 4)
	require.Equal(t, providers.Event{ID: "e1", Type: "bounce", Signal: &providers.Signal{
		WorkflowID: "journey/j1", Name: kit.SignalEmail,
		Fact: kit.Fact{ID: "e1", Provider: "sendgrid", Type: "bounce", Object: "m1.f", OccurredAt: time.Unix(1803978000, 0).UTC(), Data: map[string]string{"reason": "550 no such user"}},
	}}, events[0])
	require.Nil(t, events[1].Signal)
	require.True(t, events[2].Foreign)
	require.Nil(t, events[3].Signal, "a strange item spoils no batch")
}

func TestSendGridItemWithoutIDIsNamedByItsContent(t *testing.T) {
	id := func(item string) string { return one(t, "/webhooks/sendgrid", body("["+item+"]")).ID }
	first := id(`{"event":"delivered","email":"a@example.com","timestamp":1}`)
	require.Equal(t, first, id(`{"timestamp":1, "event":"delivered","email":"a@example.com"}`))
	require.NotEqual(t, first, id(`{"event":"delivered","email":"a@example.com","timestamp":2}`))
	require.NotContains(t, first, "example")
}

func TestLongReasonIsCutAtARune(t *testing.T) {
	reason := strings.Repeat("é", 400)
	got := one(t, "/webhooks/sendgrid", body(`[{"event":"bounce","sg_event_id":"e","workflowId":"appt/a","reason":"`+reason+`"}]`))
	require.Equal(t, strings.Repeat("é", 250), got.Signal.Fact.Data["reason"])
	require.Equal(t, receivedAt, got.Signal.Fact.OccurredAt)
}

func TestGuest(t *testing.T) {
	data := map[string]map[string]string{
		"intake":          {"arrival": "2027-03-02T15:00:00"},
		"consent":         {"purpose": "stay", "granted": "true", "version": "2026-01"},
		"policy_accepted": {"version": "2026-01", "ip": "192.0.2.1"},
		"offer_answer":    {"answer": "accepted"},
	}
	send := func(kind, data, more string) ([]providers.Event, error) {
		delivery := body(`{"journeyId":"journey/j1","occurredAt":"2027-03-02T10:00:00+01:00","data":` + data + more + `}`)
		delivery.Header = http.Header{verify.StandardIDHeader: {"msg_1"}}
		return read(t, "/webhooks/guest/"+kind, delivery)
	}
	for kind, values := range data {
		text, err := json.Marshal(values)
		require.NoError(t, err)
		events, err := send(kind, string(text), "")
		require.NoError(t, err)
		require.Equal(t, []providers.Event{{ID: "msg_1", Type: kind, Signal: &providers.Signal{
			WorkflowID: "journey/j1", Name: kit.SignalGuest,
			Fact: kit.Fact{ID: "msg_1", Provider: "guest", Type: kind, OccurredAt: receivedAt, Data: values},
		}}}, events)
		// The path is not signed: nobody may give a signed event another meaning.
		for other := range data {
			if _, err := send(other, string(text), ""); other != kind {
				require.Error(t, err, "%s sent as %s", kind, other)
			}
		}
		_, err = send(kind, string(text), `,"kind":"`+kind+`"`)
		require.NoError(t, err)
		_, err = send(kind, string(text), `,"kind":"other"`)
		require.ErrorContains(t, err, "kind")
	}
}

func TestMalformedBodies(t *testing.T) {
	for name, test := range map[string]struct{ path, body string }{
		"stripe, no JSON":            {"/webhooks/stripe", `{`},
		"stripe, two values":         {"/webhooks/stripe", `{"id":"a","type":"b"}{}`},
		"stripe, a list":             {"/webhooks/stripe", `[]`},
		"stripe, no id":              {"/webhooks/stripe", `{"type":"a"}`},
		"stripe, no type":            {"/webhooks/stripe", `{"id":"a"}`},
		"stripe, null":               {"/webhooks/stripe", `null`},
		"stripe, key twice":          {"/webhooks/stripe", `{"id":"a","type":"b","id":"c"}`},
		"stripe, key twice deep":     {"/webhooks/stripe", `{"id":"a","type":"b","data":{"object":{"metadata":{"workflowId":"pay/1","workflowId":"pay/2"}}}}`},
		"stripe, no UTF-8":           {"/webhooks/stripe", "{\"id\":\"a\xff\",\"type\":\"b\"}"},
		"stripe, deep":               {"/webhooks/stripe", `{"id":"a","type":"b","x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`},
		"hubspot, object":            {"/webhooks/hubspot", `{}`},
		"hubspot, 101 events":        {"/webhooks/hubspot", "[" + strings.Repeat(`{"portalId":1,"subscriptionType":"a"},`, 100) + `{"portalId":1,"subscriptionType":"a"}]`},
		"hubspot, no portal":         {"/webhooks/hubspot", `[{"subscriptionType":"contact.creation"}]`},
		"hubspot, text for a number": {"/webhooks/hubspot", `[{"portalId":"1","subscriptionType":"a"}]`},
		"hubspot, fraction":          {"/webhooks/hubspot", `[{"portalId":1.5,"subscriptionType":"a"}]`},
		"twilio, no sid":             {"/webhooks/twilio/inbound", "AccountSid=" + account},
		"twilio, other cut":          {"/webhooks/twilio/inbound", "AccountSid=" + account + "&Messag=eSid" + sid},
		"twilio, sid twice":          {"/webhooks/twilio/inbound", "AccountSid=" + account + "&MessageSid=" + sid + "&MessageSid=" + sid},
		"twilio, no form":            {"/webhooks/twilio/inbound", "%zz"},
		"twilio, no status":          {"/webhooks/twilio/status", "AccountSid=" + account + "&MessageSid=" + sid},
		"sendgrid, object":           {"/webhooks/sendgrid", `{}`},
		"sendgrid, list of numbers":  {"/webhooks/sendgrid", `[1]`},
		"sendgrid, 2001 events":      {"/webhooks/sendgrid", "[" + strings.Repeat(`{},`, 2000) + `{}]`},
		"guest, other workflow":      {"/webhooks/guest/offer_answer", `{"journeyId":"pay/p1","occurredAt":"2027-03-02T09:00:00Z","data":{"answer":"accepted"}}`},
		"guest, no time":             {"/webhooks/guest/offer_answer", `{"journeyId":"journey/j","data":{"answer":"accepted"}}`},
		"guest, no data":             {"/webhooks/guest/offer_answer", `{"journeyId":"journey/j","occurredAt":"2027-03-02T09:00:00Z"}`},
		"guest, unknown field":       {"/webhooks/guest/offer_answer", `{"journeyId":"journey/j","occurredAt":"2027-03-02T09:00:00Z","data":{"answer":"accepted"},"x":1}`},
		"guest, data is no text":     {"/webhooks/guest/offer_answer", `{"journeyId":"journey/j","occurredAt":"2027-03-02T09:00:00Z","data":{"answer":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, test.path, body(test.body))
			require.Error(t, err)
			require.NotContains(t, err.Error(), "journey/j", "an error quotes the body")
			require.NotContains(t, err.Error(), sid)
		})
	}
}
