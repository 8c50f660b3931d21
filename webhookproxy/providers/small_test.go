package providers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// maxFact is what a fact may take in a workflow's history, in bytes of JSON.
const maxFact = 256 << 10

// largest are bodies with a place for as much text as the provider's limit
// leaves, in each field that goes into a fact.
var largest = map[string]struct{ path, body string }{
	"stripe id":         {"/webhooks/stripe", `{"id":"@","type":"charge.refunded","created":1,"data":{"object":{"id":"ch","metadata":{"workflowId":"pay/p"}}}}`},
	"stripe object":     {"/webhooks/stripe", `{"id":"evt","type":"charge.refunded","created":1,"data":{"object":{"id":"@","metadata":{"workflowId":"pay/p"}}}}`},
	"stripe time":       {"/webhooks/stripe", `{"id":"evt","type":"charge.refunded","created":9223372036854775807,"data":{"object":{"id":"@","metadata":{"workflowId":"pay/p"}}}}`},
	"hubspot property":  {"/webhooks/hubspot", `[{"portalId":42,"objectId":7,"subscriptionType":"contact.creation","propertyName":"@"}]`},
	"hubspot time":      {"/webhooks/hubspot", `[{"portalId":42,"objectId":7,"subscriptionType":"contact.creation","occurredAt":-9223372036854775808,"propertyName":"@"}]`},
	"sendgrid id":       {"/webhooks/sendgrid", `[{"event":"bounce","workflowId":"appt/a","sg_event_id":"@"}]`},
	"sendgrid object":   {"/webhooks/sendgrid", `[{"event":"bounce","workflowId":"appt/a","sg_message_id":"@"}]`},
	"sendgrid reason":   {"/webhooks/sendgrid", `[{"event":"bounce","workflowId":"appt/a","sg_event_id":"e","timestamp":99999999999999,"reason":"@"}]`},
	"twilio text":       {"/webhooks/twilio/inbound", "MessageSid=" + sid + "&AccountSid=" + account + "&From=%2B525512345678&Body=@"},
	"twilio opt-out":    {"/webhooks/twilio/inbound", "MessageSid=" + sid + "&AccountSid=" + account + "&From=%2B525512345678&OptOutType=@"},
	"twilio error code": {"/webhooks/twilio/status", "MessageSid=" + sid + "&AccountSid=" + account + "&MessageStatus=failed&ErrorCode=@"},
	"guest data":        {"/webhooks/guest/consent", `{"journeyId":"journey/j","occurredAt":"2027-03-02T09:00:00Z","data":{"purpose":"@","granted":"@","version":"@"}}`},
	"vapi call":         {"/webhooks/vapi", `{"message":{"type":"assistant-request","timestamp":1,"call":{"id":"@","customer":{"number":"+525512345678"}}}}`},
	"vapi time":         {"/webhooks/vapi", `{"message":{"type":"transfer-destination-request","timestamp":"@","call":{"id":"c","customer":{"number":"+525512345678"}}}}`},
	"guest time":        {"/webhooks/guest/offer_answer", `{"journeyId":"journey/j","occurredAt":"0001-01-01T00:00:01Z","data":{"answer":"@"}}`},
}

// Whatever a provider puts into its largest body, a fact stays small and can be
// written. A "<" is the dearest text: one byte that JSON writes as six.
func TestFactsOfTheLargestBodiesAreSmall(t *testing.T) {
	all := declare(t, config(nil))
	tried := map[string]bool{}
	for name, test := range largest {
		provider := all[strings.Split(test.path, "/")[2]]
		tried[provider.Name] = true
		text := full(test.body, provider.BodyLimit)
		require.LessOrEqual(t, int64(len(text)), provider.BodyLimit)
		require.Greater(t, int64(len(text)), provider.BodyLimit-4, name)
		delivery := body(text)
		delivery.URL = publicURL + "/webhooks/twilio/status?workflow=" + url.QueryEscape("journey/j")
		delivery.Header = http.Header{verify.StandardIDHeader: {"msg_1"}}
		event := one(t, test.path, delivery)
		require.NotNil(t, event.Signal, name)
		require.Equal(t, event.ID, event.Signal.Fact.ID, name)
		require.LessOrEqual(t, len(event.ID), 200, name)
		written, err := json.Marshal(event.Signal.Fact)
		require.NoError(t, err, name)
		require.Less(t, len(written), maxFact, name)
	}
	for name, provider := range all {
		require.Equal(t, len(provider.Types) > 0, tried[name], "%s has facts, and no largest body is tried", name)
	}
}

// full shares the room that the limit leaves among the places.
func full(template string, limit int64) string {
	places := strings.Count(template, "@")
	room := (int(limit) - len(template) + places) / places
	return strings.ReplaceAll(template, "@", strings.Repeat("<", room))
}

func TestLongTextIsClippedAndLongIDsAreHashed(t *testing.T) {
	text := strings.Repeat("é", 5000)
	got := one(t, "/webhooks/twilio/inbound", form("From", "+525512345678", "Body", text))
	require.Equal(t, strings.Repeat("é", 4096), got.Signal.Fact.Data["body"])

	long := func(id string) providers.Event {
		return one(t, "/webhooks/mux", body(`{"id":"`+id+`","type":"`+strings.Repeat("t", 200)+`\n","environment":{"id":"`+id+`"}}`))
	}
	event := long(strings.Repeat("a", 300))
	require.Equal(t, digest(strings.Repeat("a", 300)), event.ID)
	require.Equal(t, event.ID, event.Account)
	require.Len(t, event.Type, 128)
	require.NotEqual(t, event.ID, long(strings.Repeat("a", 299)+"b").ID, "the end of a long ID counts")
	require.Equal(t, strings.Repeat("a", 200), long(strings.Repeat("a", 200)).ID)
	require.NotContains(t, one(t, "/webhooks/mux", body(`{"id":"a","type":"a\nb"}`)).Type, "\n")
}

func TestTimesThatCannotBeWrittenAreTheReceivers(t *testing.T) {
	for _, created := range []string{"9223372036854775807", "-9223372036854775808", "-1", "253402300800"} {
		got := one(t, "/webhooks/stripe", body(`{"id":"e","type":"charge.refunded","created":`+created+`,"data":{"object":{"id":"c","metadata":{"workflowId":"pay/p"}}}}`))
		require.Equal(t, receivedAt, got.Signal.Fact.OccurredAt, created)
	}
	got := one(t, "/webhooks/stripe", body(`{"id":"e","type":"charge.refunded","created":253402300799,"data":{"object":{"id":"c","metadata":{"workflowId":"pay/p"}}}}`))
	require.Equal(t, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), got.Signal.Fact.OccurredAt)
}
