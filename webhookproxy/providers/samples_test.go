package providers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers/samples"
)

// named is an event as its sender names it.
type named struct{ account, id, kind string }

// The time of the samples, as their bodies have it.
const (
	inSeconds = "1803978000"
	inMillis  = "1803978000000"
	inISO     = "2027-03-02T09:00:00Z"
)

// samplesSay is what every sample must come to. An ID "content" is the hash of
// the whole body.
var samplesSay = map[string][]named{
	"stripe":                    {{"", "evt_sample_" + inMillis, "payment_intent.succeeded"}},
	"twilio-inbound":            {{"AC00000000000000000000000000000001", "SM0000000000000000000" + inMillis, "message_in"}},
	"twilio-status":             {{"AC00000000000000000000000000000001", "SM0000000000000000000" + inMillis + ":delivered", "delivered"}},
	"twilio-taskrouter":         {{"AC00000000000000000000000000000001", "EV0000000000000000000" + inMillis, "reservation.accepted"}},
	"twilio-verify":             {{"AC00000000000000000000000000000001", "00000000-0000-4000-8000-" + inMillis, "challenge.approved"}},
	"sendgrid":                  {{"", "sample-" + inMillis, "delivered"}, {"", "sample-open-" + inMillis, "open"}},
	"hubspot-v3":                {{"42", "42/77001/contact.creation/101//" + inMillis + "/1", "contact.creation"}},
	"hubspot-v2":                {{"42", "42/77001/contact.creation/101//" + inMillis + "/1", "contact.creation"}},
	"hubspot-v1":                {{"42", "42/77001/contact.creation/101//" + inMillis + "/1", "contact.creation"}},
	"guest-intake":              {{"", "msg_sample_" + inMillis, "intake"}},
	"guest-consent":             {{"", "msg_sample_" + inMillis, "consent"}},
	"guest-health_form":         {{"", "msg_sample_" + inMillis, "health_form"}},
	"guest-policy_accepted":     {{"", "msg_sample_" + inMillis, "policy_accepted"}},
	"guest-offer_answer":        {{"", "msg_sample_" + inMillis, "offer_answer"}},
	"whatsapp-meta":             {{"200000000000001", digest("message", "wamid.sample"+inMillis), "message.text"}},
	"whatsapp-360dialog":        {{"200000000000001", digest("message", "wamid.sample"+inMillis), "message.text"}},
	"whatsapp-status":           {{"200000000000001", digest("status", "wamid.sample", "delivered", inSeconds), "status.delivered"}},
	"whatsapp-360dialog-direct": {{"200000000000001", digest("status", "wamid.sample", "delivered", inSeconds), "status.delivered"}},
	"vapi-standard":             {{"", digest("call-sample", "status-update", inMillis, "in-progress"), "status-update"}},
	"vapi-hmac":                 {{"", digest("call-sample", "status-update", inMillis, "in-progress"), "status-update"}},
	"vapi-assistant":            {{"", digest("call-sample", "assistant-request", inMillis, ""), "assistant-request"}},
	"vapi-tools":                {{"", digest("call-sample", "tool-calls", inMillis, "", "call_"+inMillis), "tool-calls"}},
	"vapi-legacy":               {{"", digest("call-sample", "status-update", inMillis, "in-progress"), "status-update"}},
	"zoom-meeting":              {{"acc", digest("meeting.started", "4444AAAiAAAAAiAiAiiAii==", "81234567890", inMillis, "", ""), "meeting.started"}},
	"zoom-validation":           {{"", "content", "endpoint.url_validation"}},
	"daily":                     {{"", "mtg-sample-" + inMillis, "meeting.started"}},
	"google-exists":             {{"channel-sample", inMillis, "exists"}},
	"google-sync":               nil,
	"cal":                       {{"", digest("BOOKING_CREATED", "b"+inMillis, inISO), "BOOKING_CREATED"}},
	"contentful":                {{"space1", "sample-" + inMillis, "ContentManagement.Entry.publish"}},
	"sanity":                    {{"", "content", "program"}},
	"cloudinary-sha1":           {{"", digest("upload", "a"+inMillis, "rooms/sea", "1700000000", inISO), "upload"}},
	"cloudinary-sha256":         {{"", digest("upload", "a"+inMillis, "rooms/sea", "1700000000", inISO), "upload"}},
	"mux":                       {{"env1", "sample-" + inMillis, "video.asset.ready"}},
	"oura":                      {{"", digest("u"+inMillis, "daily_sleep", "update", "o1", inISO), "daily_sleep.update"}},
	"whoop":                     {{"", "sample-" + inMillis, "sleep.updated"}},
	"garmin-push": {
		{"", digest("dailies", "u1", "x1-"+inMillis, garminItem(`{"userId":"u1","summaryId":"x1-`+inMillis+`","steps":5210}`)), "dailies"},
		{"", digest("dailies", "u1", "x2-"+inMillis, garminItem(`{"userId":"u1","summaryId":"x2-`+inMillis+`","steps":10}`)), "dailies"},
		{"", digest("sleeps", "u1", "s1-"+inMillis, garminItem(`{"userId":"u1","summaryId":"s1-`+inMillis+`"}`)), "sleeps"},
	},
	"garmin-ping": {{"", digest("dailies", "u1", "", garminItem(`{"userId":"u1","callbackURL":"https://apis.garmin.com/wellness-api/rest/dailies?uploadStartTimeInSeconds=`+inSeconds+`"}`)), "dailies"}},
	"healthkit":   {{"", "msg_sample_" + inMillis, "readings.ready"}},
	"practicebetter": {
		{"", "content", "session.created"},
	},
	"jane":             {{"", "content", "appointment.booked"}},
	"fhir-put":         {{"", digest("Appointment", "a1", inMillis), "Appointment"}},
	"fhir-medplum":     {{"", digest("Appointment", "a1", inMillis), "Appointment"}},
	"fhir-delete":      {{"", digest("DELETE", "Appointment", "a1"), "Appointment.delete"}},
	"fhir-bundle":      {{"", digest("Subscription/s1", inMillis, "Appointment/a1"), "event-notification"}},
	"mixpanel":         {{"42", digest("sample-"+inMillis, "add_members", pageContent), "add_members"}},
	"ses-bounce":       {{topic, "sample-" + inMillis, "Bounce"}},
	"ses-confirmation": {{topic, "sample-" + inMillis, "SubscriptionConfirmation"}},
	"standard":         {{"", "msg_sample_" + inMillis, "invoice.sent"}},
}

func garminItem(text string) string { return content(&testing.T{}, []byte(text)) }

var pageContent = garminItem(`{"total_pages":1,"page_count":1}`)

// Every provider and every scheme has a sample that proves it.
func TestSamplesCoverEverything(t *testing.T) {
	variables := map[string]bool{}
	names := map[string]bool{}
	for _, sample := range samples.All() {
		require.False(t, names[sample.Name], "%s twice", sample.Name)
		require.True(t, sample.Name == sample.Provider || strings.HasPrefix(sample.Name, sample.Provider+"-"), sample.Name)
		require.Contains(t, samplesSay, sample.Name)
		names[sample.Name], variables[sample.Variable] = true, true
	}
	require.Len(t, names, len(samplesSay))
	for _, provider := range declare(t, config(nil)) {
		for _, scheme := range provider.Schemes {
			require.True(t, variables[scheme.Variable], "%s: no sample is signed with %s", provider.Name, scheme.Variable)
		}
		for _, route := range provider.Routes {
			reached := slices.ContainsFunc(samples.All(), func(sample samples.Sample) bool {
				_, message := sampleOf(t, sample.Name)
				return sample.Provider == provider.Name && routeOf(t, provider, message.URL).Path == route.Path
			})
			require.True(t, reached, "no sample of %s", route.Path)
		}
	}
}

// With the secret of its own scheme alone, each sample verifies and says what it
// should; with one byte changed, another secret or at another time it does not.
func TestEverySampleVerifiesAndSplits(t *testing.T) {
	for name, want := range samplesSay {
		t.Run(name, func(t *testing.T) {
			sample, message := sampleOf(t, name)
			provider := declare(t, config(only(sample.Variable)))[sample.Provider]
			match, err := provider.Verifier.Verify(message, receivedAt)
			require.NoError(t, err)
			require.NotEmpty(t, match.KeyID)
			route := routeOf(t, provider, message.URL)
			require.True(t, route.Methods == nil && message.Method == http.MethodPost || slices.Contains(route.Methods, message.Method))
			require.LessOrEqual(t, int64(len(message.Body)), provider.BodyLimit)

			events, err := route.Events(deliveryOf(message, match))
			require.NoError(t, err)
			require.Len(t, events, len(want))
			for i, one := range want {
				if one.id == "content" {
					one.id = content(t, message.Body)
				}
				require.Equal(t, one, named{events[i].Account, events[i].ID, events[i].Type})
				require.Equal(t, slices.Contains(provider.Types, one.kind), events[i].Signal != nil, "acted on")
			}
			refusesChanges(t, sample, message, provider.Verifier)
			again, err := sample.Make(every, publicURL, receivedAt)
			require.NoError(t, err)
			require.Equal(t, string(message.Body), string(again.Body), "the same time makes the same event")
		})
	}
}

func refusesChanges(t *testing.T, sample samples.Sample, message verify.Message, verifier verify.Verifier) {
	t.Helper()
	refused := func(what string, change func(*verify.Message)) {
		changed := message
		changed.Header, changed.Body = message.Header.Clone(), slices.Clone(message.Body)
		change(&changed)
		_, err := verifier.Verify(changed, receivedAt)
		require.Error(t, err, what)
		require.NotContains(t, err.Error(), secret(sample.Variable))
	}
	if sample.Bearer {
		for name, values := range message.Header {
			if strings.Contains(values[0], secret(sample.Variable)) || name == "Authorization" {
				refused("a changed token", func(m *verify.Message) { m.Header.Set(name, values[0][:len(values[0])-1]+"!") })
				refused("no token", func(m *verify.Message) { m.Header.Del(name) })
			}
		}
		return
	}
	for i := range message.Body {
		refused("a changed byte", func(m *verify.Message) { m.Body[i] ^= 1 })
	}
	refused("another byte", func(m *verify.Message) { m.Body = append(m.Body, 'x') })
	other, err := sample.Make(func(variable string) []string {
		if sample.PrivateKey != "" {
			return every(variable)
		}
		return []string{otherSecret(variable)}
	}, publicURL, receivedAt)
	require.NoError(t, err)
	if sample.PrivateKey == "" {
		_, err = verifier.Verify(other, receivedAt)
		require.Error(t, err, "another secret")
	}
	if match, err := verifier.Verify(message, receivedAt); err == nil && !match.SignedAt.IsZero() {
		_, err = verifier.Verify(message, receivedAt.Add(49*time.Hour))
		require.ErrorIs(t, err, verify.ErrStale)
	}
}

// otherSecret is one of the same form.
func otherSecret(variable string) string {
	own := secret(variable)
	if strings.HasPrefix(own, "whsec_") || variable == "DAILY_WEBHOOK_SECRETS" {
		return strings.Replace(own, own[8:12], "AAAA", 1)
	}
	return strings.Repeat("o", len(own))
}

// Another time is another event, so that a sample can be sent twice.
func TestSamplesOfTwoTimesAreTwoEvents(t *testing.T) {
	all := declare(t, config(every))
	for name, want := range samplesSay {
		if len(want) == 0 || name == "fhir-delete" || name == "zoom-validation" {
			continue // these name nothing that changes
		}
		sample, _ := sampleOf(t, name)
		var ids []string
		for _, at := range []time.Time{receivedAt, receivedAt.Add(time.Second)} {
			message, err := sample.Make(every, publicURL+"/", at)
			require.NoError(t, err)
			events, err := routeOf(t, all[sample.Provider], message.URL).Events(deliveryOf(message, signedBy(sample)))
			require.NoError(t, err)
			ids = append(ids, events[0].ID)
		}
		require.NotEqual(t, ids[0], ids[1], name)
	}
}

func signedBy(sample samples.Sample) verify.Match {
	if sample.Provider == "contentful" {
		return verify.Match{SignedHeaders: []string{"x-contentful-topic", "x-contentful-idempotency-key"}}
	}
	return verify.Match{}
}

func TestSampleWithoutItsSecretNamesTheVariable(t *testing.T) {
	for _, sample := range samples.All() {
		_, err := sample.Make(func(string) []string { return nil }, publicURL, receivedAt)
		require.ErrorContains(t, err, sample.Variable)
		if sample.PrivateKey != "" {
			_, err = sample.Make(only(sample.Variable), publicURL, receivedAt)
			require.ErrorContains(t, err, sample.PrivateKey)
			_, err = sample.Make(func(string) []string { return []string{"canary"} }, publicURL, receivedAt)
			require.ErrorContains(t, err, sample.PrivateKey)
			require.NotContains(t, err.Error(), "canary")
		}
	}
	_, err := samples.Find("nobody")
	require.ErrorContains(t, err, "stripe")
}

// No ID says who somebody is: not even a WhatsApp ID, which holds the number.
func TestIDsHoldNothingPersonal(t *testing.T) {
	for path, text := range map[string]string{
		"/webhooks/whatsapp":   `{"entry":[{"changes":[{"field":"messages","value":{"messages":[{"id":"wamid.canary","from":"canary","type":"text"}],"statuses":[{"id":"wamid.canary","recipient_id":"canary"}]}}]}]}`,
		"/webhooks/cal":        `{"triggerEvent":"BOOKING_CREATED","createdAt":"x","payload":{"uid":"canary"}}`,
		"/webhooks/cloudinary": `{"notification_type":"upload","public_id":"guests/canary","timestamp":"x"}`,
		"/webhooks/oura":       `{"user_id":"canary","event_time":"x"}`,
		"/webhooks/garmin":     `{"dailies":[{"userId":"canary","summaryId":"canary","userAccessToken":"canary"}]}`,
		"/webhooks/fhir":       `{"resourceType":"Patient","id":"canary","meta":{"versionId":"1"}}`,
		"/webhooks/zoom":       `{"event":"meeting.participant_joined","event_ts":1,"payload":{"object":{"uuid":"a","participant":{"user_id":"canary"}}}}`,
		"/webhooks/jane":       `{"event":"appointment.booked","patient":"canary"}`,
		"/webhooks/mixpanel":   `{"action":"members","parameters":{"mixpanel_session_id":"s","page_info":{},"members":[{"email":"canary"}]}}`,
		"/webhooks/sanity":     `{"_type":"canary is a type","author":"canary"}`,
	} {
		events, err := read(t, path, body(text))
		require.NoError(t, err, path)
		require.NotEmpty(t, events, path)
		for _, event := range events {
			require.NotContains(t, event.ID+event.Account, "canary", path)
		}
	}
}
