package google_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

const holdKey = "appt/a1/0123456789ab/hold/1"

// eventID is sha256(holdKey) in lower-case base32hex, made with another tool:
//
//	printf %s "$holdKey" | sha256sum | xxd -r -p | basenc --base32hex | tr -d = | tr A-Z a-z
const eventID = "ij0v35mov6dq20nqef0ks9on607mb5hbp4425o3mqbi20btv86bg"

// echo answers an event as Google does: what was sent, with an etag.
func echo(w http.ResponseWriter, r *http.Request) {
	providertest.Reply(http.StatusOK, `{"id":"`+eventID+`","etag":"\"2\""}`)(w, r)
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
	return providertest.Reply(http.StatusOK, string(event))
}

func newClient(t *testing.T, baseURL string, transport http.RoundTripper) *provider.Client {
	t.Helper()
	return providertest.NewClient(t, "google", baseURL, transport)
}

func newDiary(t *testing.T, answers ...http.HandlerFunc) (*google.Diary, *providertest.Script) {
	t.Helper()
	return newDiaryWith(t, google.Config{AccessToken: "ya29.t0ken"}, answers...)
}

func newDiaryWith(t *testing.T, config google.Config, answers ...http.HandlerFunc) (*google.Diary, *providertest.Script) {
	t.Helper()
	script, address := providertest.Serve(t, answers...)
	diary, err := google.New(config, newClient(t, address+"/google", nil))
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
