package providers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// idOf is the ID of the one event of a body.
func idOf(t *testing.T, path, text string) string { return one(t, path, body(text)).ID }

// What tells two events apart at their provider tells them apart here; what is
// sent again is the same.
func TestIDsTellEventsApart(t *testing.T) {
	for _, test := range []struct{ name, path, one, other string }{
		{"hubspot: eventId alone is not unique", "/webhooks/hubspot",
			`[{"eventId":1,"subscriptionId":7,"portalId":42,"occurredAt":5,"subscriptionType":"contact.propertyChange","objectId":7,"propertyName":"email"}]`,
			`[{"eventId":1,"subscriptionId":7,"portalId":42,"occurredAt":6,"subscriptionType":"contact.propertyChange","objectId":7,"propertyName":"email"}]`},
		{"hubspot: property", "/webhooks/hubspot",
			`[{"eventId":1,"portalId":42,"subscriptionType":"contact.propertyChange","propertyName":"email"}]`,
			`[{"eventId":1,"portalId":42,"subscriptionType":"contact.propertyChange","propertyName":"phone"}]`},
		{"hubspot: a slash moves nothing", "/webhooks/hubspot",
			`[{"portalId":42,"subscriptionType":"a/0/b","propertyName":"c"}]`, `[{"portalId":42,"subscriptionType":"a","propertyName":"b/0/c"}]`},
		{"vapi: status", "/webhooks/vapi",
			`{"message":{"type":"status-update","status":"ringing","timestamp":1,"call":{"id":"c"}}}`, `{"message":{"type":"status-update","status":"ended","timestamp":1,"call":{"id":"c"}}}`},
		{"vapi: tool call", "/webhooks/vapi",
			`{"message":{"type":"tool-calls","call":{"id":"c"},"toolCallList":[{"id":"t1"}]}}`, `{"message":{"type":"tool-calls","call":{"id":"c"},"toolCallList":[{"id":"t2"}]}}`},
		{"vapi: no time", "/webhooks/vapi",
			`{"message":{"type":"transcript","transcript":"a","call":{"id":"c"}}}`, `{"message":{"type":"transcript","transcript":"b","call":{"id":"c"}}}`},
		{"zoom: two participants at once", "/webhooks/zoom",
			`{"event":"e","event_ts":1,"payload":{"object":{"uuid":"u","participant":{"user_id":"1"}}}}`, `{"event":"e","event_ts":1,"payload":{"object":{"uuid":"u","participant":{"user_id":"2"}}}}`},
		{"zoom: parts do not run together", "/webhooks/zoom",
			`{"event":"ab","event_ts":1,"payload":{"object":{"uuid":"c"}}}`, `{"event":"a","event_ts":1,"payload":{"object":{"uuid":"bc"}}}`},
		{"cal", "/webhooks/cal",
			`{"triggerEvent":"BOOKING_CREATED","createdAt":"1","payload":{"uid":"a"}}`, `{"triggerEvent":"BOOKING_CANCELLED","createdAt":"1","payload":{"uid":"a"}}`},
		{"cal: template without anything", "/webhooks/cal", `{"x":1}`, `{"x":2}`},
		{"sanity: revision", "/webhooks/sanity", `{"_id":"a","_rev":"1"}`, `{"_id":"a","_rev":"2"}`},
		{"cloudinary: version", "/webhooks/cloudinary",
			`{"notification_type":"upload","asset_id":"a","timestamp":"t","version":1}`, `{"notification_type":"upload","asset_id":"a","timestamp":"t","version":2}`},
		{"cloudinary: no asset at the top", "/webhooks/cloudinary",
			`{"notification_type":"delete","timestamp":"t","resources":["a"]}`, `{"notification_type":"delete","timestamp":"t","resources":["b"]}`},
		{"whoop: an update of the same sleep", "/webhooks/whoop", `{"id":"s","type":"sleep.updated","trace_id":"1"}`, `{"id":"s","type":"sleep.updated","trace_id":"2"}`},
		{"whoop: no trace", "/webhooks/whoop", `{"id":"s","type":"sleep.updated"}`, `{"id":"r","type":"sleep.updated"}`},
		{"garmin: more of the same day", "/webhooks/garmin", `{"dailies":[{"userId":"u","summaryId":"s","steps":1}]}`, `{"dailies":[{"userId":"u","summaryId":"s","steps":2}]}`},
		{"garmin: kind", "/webhooks/garmin", `{"dailies":[{"userId":"u"}]}`, `{"epochs":[{"userId":"u"}]}`},
		{"oura: user", "/webhooks/oura", `{"user_id":"1","event_time":"t"}`, `{"user_id":"2","event_time":"t"}`},
		{"whatsapp: message and status", "/webhooks/whatsapp",
			`{"entry":[{"changes":[{"value":{"messages":[{"id":"w"}]}}]}]}`, `{"entry":[{"changes":[{"value":{"statuses":[{"id":"w"}]}}]}]}`},
		{"whatsapp: delivered and read", "/webhooks/whatsapp",
			`{"entry":[{"changes":[{"value":{"statuses":[{"id":"w","status":"delivered"}]}}]}]}`, `{"entry":[{"changes":[{"value":{"statuses":[{"id":"w","status":"read"}]}}]}]}`},
		{"whatsapp: about the account", "/webhooks/whatsapp",
			`{"entry":[{"id":"1","time":1,"changes":[{"field":"account_update","value":{"event":"a"}}]}]}`, `{"entry":[{"id":"1","time":1,"changes":[{"field":"account_update","value":{"event":"b"}}]}]}`},
		{"fhir: version", "/webhooks/fhir", `{"resourceType":"Patient","id":"a","meta":{"versionId":"1"}}`, `{"resourceType":"Patient","id":"a","meta":{"versionId":"2"}}`},
		{"fhir: no version", "/webhooks/fhir", `{"resourceType":"Patient","id":"a","active":true}`, `{"resourceType":"Patient","id":"a","active":false}`},
		{"mixpanel: page", "/webhooks/mixpanel",
			`{"action":"members","parameters":{"mixpanel_session_id":"s","page_info":{"page_count":1}}}`, `{"action":"members","parameters":{"mixpanel_session_id":"s","page_info":{"page_count":2}}}`},
		{"practicebetter", "/webhooks/practicebetter", `{"type":"a","id":"s1","n":1}`, `{"type":"a","id":"s1","n":2}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := idOf(t, test.path, test.one)
			require.NotEmpty(t, first)
			require.NotEqual(t, first, idOf(t, test.path, test.other))
			require.Equal(t, first, idOf(t, test.path, " "+strings.ReplaceAll(test.one, ",", " , ")+"\r\n"), "sent again")
		})
	}
}

// A number too large for a float is not another one.
func TestContentKeepsNumbers(t *testing.T) {
	require.NotEqual(t, idOf(t, "/webhooks/jane", `{"id":9007199254740993}`), idOf(t, "/webhooks/jane", `{"id":9007199254740992}`))
	require.Equal(t, idOf(t, "/webhooks/jane", `{"a":1,"b":{"c":2,"d":3}}`), idOf(t, "/webhooks/jane", `{"b":{"d":3,"c":2},"a":1}`))
}

func TestWhatsAppSplits(t *testing.T) {
	events, err := read(t, "/webhooks/whatsapp", body(`{"entry":[
		{"id":"1","changes":[
			{"field":"messages","value":{"metadata":{"phone_number_id":"p1"},"messages":[{"id":"a","type":"text"},{"id":"b","type":"image"}],"statuses":[{"id":"c","status":"read","timestamp":"1"}]}},
			{"field":"message_template_status_update","value":{"event":"APPROVED"}}]},
		{"id":"2","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"p2"},"messages":[{"id":"a","type":"text"}]}}]}]}`))
	require.NoError(t, err)
	var seen []named
	for _, event := range events {
		seen = append(seen, named{event.Account, event.ID, event.Type})
	}
	require.Len(t, seen, 5)
	require.Equal(t, named{"p1", digest("message", "a"), "message.text"}, seen[0])
	require.Equal(t, named{"p1", digest("message", "b"), "message.image"}, seen[1])
	require.Equal(t, named{"p1", digest("status", "c", "read", "1"), "status.read"}, seen[2])
	require.Equal(t, "change", seen[3].kind)
	require.Equal(t, "p2", seen[4].account, "the same ID at another number is another event")
}

// What the signature does not cover is nobody's word.
func TestContentfulTakesOnlySignedHeaders(t *testing.T) {
	delivery := body(`{"sys":{"type":"Entry","id":"e"}}`)
	delivery.Header = http.Header{"X-Contentful-Topic": {"ContentManagement.Entry.delete"}, "X-Contentful-Idempotency-Key": {"chosen"}}
	unsigned := one(t, "/webhooks/contentful", delivery)
	require.Equal(t, "Entry", unsigned.Type)
	require.NotContains(t, unsigned.ID, "chosen")
	delivery.Match = verify.Match{SignedHeaders: []string{"x-contentful-topic", "x-contentful-idempotency-key"}}
	signed := one(t, "/webhooks/contentful", delivery)
	require.Equal(t, named{"", "chosen", "ContentManagement.Entry.delete"}, named{signed.Account, signed.ID, signed.Type})
}

// Under two of Vapi's three schemes nobody signs the header of the third.
func TestVapiTakesNoIDFromAHeader(t *testing.T) {
	delivery := body(`{"message":{"type":"status-update","timestamp":1,"call":{"id":"c"}}}`)
	delivery.Header = http.Header{verify.StandardIDHeader: {"chosen"}}
	require.Equal(t, idOf(t, "/webhooks/vapi", string(delivery.Body)), one(t, "/webhooks/vapi", delivery).ID)
}

func TestGoogleHeaders(t *testing.T) {
	push := func(change map[string]string) providers.Delivery {
		header := http.Header{}
		for name, value := range map[string]string{"X-Goog-Channel-Id": "c1", "X-Goog-Message-Number": "12", "X-Goog-Resource-State": "exists"} {
			header.Set(name, value)
		}
		for name, value := range change {
			header.Set(name, value)
		}
		return providers.Delivery{Header: header}
	}
	require.Equal(t, providers.Event{Account: "c1", ID: "12", Type: "exists"}, one(t, "/webhooks/google", push(nil)))
	events, err := read(t, "/webhooks/google", push(map[string]string{"X-Goog-Resource-State": "sync", "X-Goog-Message-Number": "1"}))
	require.NoError(t, err)
	require.Empty(t, events)
	for _, change := range []map[string]string{
		{"X-Goog-Message-Number": "0"}, {"X-Goog-Message-Number": "01"}, {"X-Goog-Message-Number": "a"}, {"X-Goog-Channel-Id": ""}, {"X-Goog-Channel-Id": strings.Repeat("c", 65)}, {"X-Goog-Resource-State": "A b"},
	} {
		_, err := read(t, "/webhooks/google", push(change))
		require.Error(t, err, change)
	}
}

// An address in a PING is data: nothing here has a way to get it.
func TestGarminPing(t *testing.T) {
	event := one(t, "/webhooks/garmin", body(`{"dailies":[{"userId":"u","callbackURL":"http://169.254.169.254/"}]}`))
	require.Equal(t, "dailies", event.Type)
	require.Nil(t, event.Signal)
}

func TestFHIR(t *testing.T) {
	at := func(method, path, text string) providers.Delivery {
		return providers.Delivery{Method: method, URL: publicURL + path, Body: []byte(text)}
	}
	const patient = `{"resourceType":"Patient","id":"a","meta":{"versionId":"3"}}`
	want := providers.Event{ID: digest("Patient", "a", "3"), Type: "Patient"}
	require.Equal(t, want, one(t, "/webhooks/fhir/:type/:id", at("PUT", "/webhooks/fhir/Patient/a", patient)))
	require.Equal(t, want, one(t, "/webhooks/fhir", at("POST", "/webhooks/fhir", patient)), "the same version, told in another way")
	deleted := one(t, "/webhooks/fhir/:type/:id", at("DELETE", "/webhooks/fhir/Patient/a?x=1", ""))
	require.Equal(t, providers.Event{ID: digest("DELETE", "Patient", "a"), Type: "Patient.delete"}, deleted)
	put := one(t, "/webhooks/fhir/:type/:id", at("PUT", "/webhooks/fhir/Patient/a", ""))
	require.Equal(t, "Patient", put.Type)

	for what, text := range map[string]string{
		"an empty post": "", "handshake": bundle(`{"resourceType":"SubscriptionStatus","type":"handshake","notificationEvent":[{"eventNumber":"1"}]}`),
		"heartbeat": bundle(`{"resourceType":"SubscriptionStatus","type":"heartbeat"}`), "an empty bundle": `{"resourceType":"Bundle"}`,
	} {
		events, err := read(t, "/webhooks/fhir", at("POST", "/webhooks/fhir", text))
		require.NoError(t, err, what)
		require.Empty(t, events, what)
	}
	events, err := read(t, "/webhooks/fhir", at("POST", "/webhooks/fhir", bundle(
		`{"resourceType":"SubscriptionStatus","type":"event-notification","subscription":{"reference":"Subscription/s"},"notificationEvent":[{"eventNumber":1},{"eventNumber":"2"}]}`, patient)))
	require.NoError(t, err)
	require.Len(t, events, 2, "numbered events count, not what comes along")
	require.Equal(t, digest("Subscription/s", "2", ""), events[1].ID)
	events, err = read(t, "/webhooks/fhir", at("POST", "/webhooks/fhir", bundle(patient, `{"resourceType":"Encounter","id":"e","meta":{"versionId":"1"}}`)))
	require.NoError(t, err)
	require.Equal(t, []providers.Event{want, {ID: digest("Encounter", "e", "1"), Type: "Encounter"}}, events)
}

func bundle(resources ...string) string {
	return `{"resourceType":"Bundle","entry":[{"resource":` + strings.Join(resources, `},{"resource":`) + `}]}`
}

func TestSESTypes(t *testing.T) {
	for message, want := range map[string]string{
		`{\"notificationType\":\"Complaint\"}`: "Complaint", `{\"eventType\":\"Bounce\"}`: "Bounce", `plain text`: "Notification", `{}`: "Notification",
	} {
		got := one(t, "/webhooks/ses", body(`{"Type":"Notification","MessageId":"m","TopicArn":"t","Message":"`+message+`"}`))
		require.Equal(t, providers.Event{Account: "t", ID: "m", Type: want}, got)
	}
	require.Equal(t, "UnsubscribeConfirmation", one(t, "/webhooks/ses", body(`{"Type":"UnsubscribeConfirmation","MessageId":"m","Message":"{\"eventType\":\"Bounce\"}"}`)).Type)
}

func TestTwilioNamedForms(t *testing.T) {
	const eventSID, uuid = "EV0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"
	for path, forms := range map[string]map[string]string{
		"/webhooks/twilio/taskrouter": {
			"good": "AccountSid=" + account + "&EventSid=" + eventSID + "&EventType=task.created", "another cut": "AccountSid=" + account + "&EventSidE=V0123456789abcdef0123456789abcdef&EventType=a",
			"twice": "AccountSid=" + account + "&EventSid=" + eventSID + "&EventType=a&EventType=b", "no account": "EventSid=" + eventSID + "&EventType=a", "no form": "%zz",
		},
		"/webhooks/twilio/verify": {
			"good": "account_sid=" + account + "&uuid=" + uuid + "&type=task.created", "no id": "account_sid=" + account + "&type=a", "type": "account_sid=" + account + "&uuid=" + uuid + "&type=A+b",
		},
	} {
		for what, text := range forms {
			events, err := read(t, path, body(text))
			if what != "good" {
				require.Error(t, err, "%s: %s", path, what)
				require.NotContains(t, err.Error(), account)
				continue
			}
			require.NoError(t, err, path)
			require.Equal(t, account, events[0].Account)
			require.Equal(t, "task.created", events[0].Type)
			require.Nil(t, events[0].Signal)
		}
	}
}

// What none of the providers sends is refused, and quoted nowhere.
func TestMalformedBodiesOfEveryProvider(t *testing.T) {
	all := declare(t, config(nil))
	for name, provider := range all {
		for _, route := range provider.Routes {
			for _, text := range []string{
				`{"canary":1,"canary":2}`, "{\"canary\":\"\xff\"}", `{"canary":`, `{"canary":1}{}`, `"canary"`, `[1]`, `[[]]`, `null`,
				`{"canary":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
			} {
				if name == "google" {
					continue // reads no body
				}
				_, err := route.Events(providers.Delivery{Header: http.Header{}, Body: []byte(text), URL: publicURL + route.Path})
				if name == "sendgrid" && text == `null` || name == "hubspot" && text == `null` {
					continue // an empty list
				}
				require.Error(t, err, "%s takes %s", route.Path, text)
				require.NotContains(t, err.Error(), "canary")
			}
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	list := func(one string, count int) string { return strings.TrimSuffix(strings.Repeat(one+",", count), ",") }
	for path, test := range map[string]struct {
		most int
		body func(count int) string
	}{
		"/webhooks/hubspot": {100, func(n int) string { return "[" + list(`{"portalId":1,"subscriptionType":"a"}`, n) + "]" }},
		"/webhooks/whatsapp": {1000, func(n int) string {
			return `{"entry":[{"changes":[{"value":{"statuses":[` + list(`{"id":"a"}`, n) + `]}}]}]}`
		}},
		"/webhooks/sendgrid": {2000, func(n int) string { return "[" + list(`{}`, n) + "]" }},
		"/webhooks/garmin":   {2000, func(n int) string { return `{"a":[{}],"b":[` + list(`{}`, n-1) + "]}" }},
		"/webhooks/fhir":     {1000, func(n int) string { return bundle(strings.Split(list(`{}`, n), ",")...) }},
	} {
		events, err := read(t, path, body(test.body(test.most)))
		require.NoError(t, err, path)
		require.Len(t, events, test.most, path)
		_, err = read(t, path, body(test.body(test.most+1)))
		require.ErrorContains(t, err, "more than", path)
	}
	members := func(n int) string { return `{"action":"members","parameters":{"members":[` + list(`{}`, n) + `]}}` }
	_, err := read(t, "/webhooks/mixpanel", body(members(1000)))
	require.NoError(t, err)
	_, err = read(t, "/webhooks/mixpanel", body(members(1001)))
	require.ErrorContains(t, err, "more than")
}
