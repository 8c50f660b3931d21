package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/googleapi"
)

const eventID = "abcdef0123456789"

func appointment(op string, start time.Time) *calendar.Event {
	return &calendar.Event{
		Id: eventID, Summary: "R7", Status: "tentative",
		Start:              &calendar.EventDateTime{DateTime: start.Format(time.RFC3339), TimeZone: "America/Mexico_City"},
		End:                &calendar.EventDateTime{DateTime: start.Add(time.Hour).Format(time.RFC3339), TimeZone: "America/Mexico_City"},
		ExtendedProperties: &calendar.EventExtendedProperties{Private: map[string]string{"op": op}},
	}
}

func googleFailure(t *testing.T, err error) *googleapi.Error {
	t.Helper()
	var refused *googleapi.Error
	require.ErrorAs(t, err, &refused)
	return refused
}

var tomorrow = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

func TestGoogleEventsLiveAndDie(t *testing.T) {
	w := start(t)
	events := w.google(w.secrets.GoogleToken).Events
	made, err := events.Insert("primary", appointment("hold", tomorrow)).Do()
	require.NoError(t, err)
	assert.Equal(t, eventID, made.Id)
	_, err = events.Insert("primary", appointment("hold", tomorrow)).Do()
	refused := googleFailure(t, err)
	assert.Equal(t, http.StatusConflict, refused.Code)
	assert.Equal(t, "duplicate", refused.Errors[0].Reason)
	assert.Equal(t, 1, w.Effects()["hold"])

	moved := appointment("move", tomorrow.Add(time.Hour))
	moved.Status = "confirmed"
	for range 2 {
		updated, err := events.Update("primary", eventID, moved).Do()
		require.NoError(t, err)
		assert.Equal(t, "confirmed", updated.Status)
		assert.Equal(t, int64(1), updated.Sequence)
	}
	assert.Equal(t, 1, w.Effects()["move"])
	assert.True(t, w.lastCall("events.update").Duplicate)

	patched, err := events.Patch("primary", eventID, &calendar.Event{Summary: "R7b"}).Do()
	require.NoError(t, err)
	assert.Equal(t, "R7b", patched.Summary)
	assert.Equal(t, "move", patched.ExtendedProperties.Private["op"])

	patched, err = events.Patch("primary", eventID, &calendar.Event{ExtendedProperties: &calendar.EventExtendedProperties{Private: map[string]string{"room": "2"}}}).Do()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"op": "move", "room": "2"}, patched.ExtendedProperties.Private, "a patch merges")

	require.NoError(t, events.Delete("primary", eventID).Do())
	err = events.Delete("primary", eventID).Do()
	assert.Equal(t, http.StatusGone, googleFailure(t, err).Code)
	_, err = events.Insert("primary", appointment("hold", tomorrow)).Do()
	assert.Equal(t, http.StatusConflict, googleFailure(t, err).Code, "an ID is never free again")
	read, err := events.Get("primary", eventID).Do()
	require.NoError(t, err)
	assert.Equal(t, "cancelled", read.Status)
	assert.Equal(t, 1, w.Effects()[eventID+":delete"])
	require.Len(t, w.CalendarEvents(), 1)
	assert.Equal(t, "cancelled", w.CalendarEvents()[0].Status)
}

func TestGoogleRefusesWhatGoogleRefuses(t *testing.T) {
	w := start(t)
	_, err := w.google("wrong").Events.Get("primary", eventID).Do()
	refused := googleFailure(t, err)
	assert.Equal(t, http.StatusUnauthorized, refused.Code)
	assert.Equal(t, "authError", refused.Errors[0].Reason)

	events := w.google(w.secrets.GoogleToken).Events
	for reason, change := range map[string]func(*calendar.Event){
		"required":       func(e *calendar.Event) { e.End = nil },
		"timeRangeEmpty": func(e *calendar.Event) { e.End.DateTime = tomorrow.Add(-time.Hour).Format(time.RFC3339) },
		"invalid":        func(e *calendar.Event) { e.Id = "UPPER-case" },
	} {
		event := appointment(reason, tomorrow)
		change(event)
		_, err := events.Insert("primary", event).Do()
		refused := googleFailure(t, err)
		assert.Equal(t, http.StatusBadRequest, refused.Code)
		assert.Equal(t, reason, refused.Errors[0].Reason)
	}
	zone := appointment("zone", tomorrow)
	zone.Start.TimeZone = "Mars/Base"
	_, err = events.Insert("primary", zone).Do()
	assert.Equal(t, http.StatusBadRequest, googleFailure(t, err).Code)
	_, err = events.Update("primary", "none0", appointment("x", tomorrow)).Do()
	assert.Equal(t, http.StatusNotFound, googleFailure(t, err).Code)
	assert.Empty(t, w.CalendarEvents())
}

func TestGoogleChecksTheETag(t *testing.T) {
	w := start(t)
	events := w.google(w.secrets.GoogleToken).Events
	made, err := events.Insert("primary", appointment("hold", tomorrow)).Do()
	require.NoError(t, err)
	update := func(etag, op string) error {
		call := events.Update("primary", eventID, appointment(op, tomorrow))
		call.Header().Set("If-Match", etag)
		_, err := call.Do()
		return err
	}
	require.NoError(t, update(made.Etag, "first"))
	assert.Equal(t, http.StatusPreconditionFailed, googleFailure(t, update(made.Etag, "second")).Code)
}

func TestGoogleListsByTimeAndProperty(t *testing.T) {
	w := start(t)
	events := w.google(w.secrets.GoogleToken).Events
	for i, id := range []string{"event1", "event2", "event3"} {
		event := appointment(id, tomorrow.AddDate(0, 0, i))
		event.Id = id
		_, err := events.Insert("primary", event).Do()
		require.NoError(t, err)
	}
	require.NoError(t, events.Delete("primary", "event3").Do())

	all, err := events.List("primary").Do()
	require.NoError(t, err)
	assert.Len(t, all.Items, 2)
	deleted, err := events.List("primary").ShowDeleted(true).Do()
	require.NoError(t, err)
	assert.Len(t, deleted.Items, 3)
	late, err := events.List("primary").TimeMin(tomorrow.Add(2 * time.Hour).Format(time.RFC3339)).Do()
	require.NoError(t, err)
	require.Len(t, late.Items, 1)
	assert.Equal(t, "event2", late.Items[0].Id)
	own, err := events.List("primary").PrivateExtendedProperty("op=event1").Do()
	require.NoError(t, err)
	require.Len(t, own.Items, 1)
	page, err := events.List("primary").MaxResults(1).Do()
	require.NoError(t, err)
	require.NotEmpty(t, page.NextPageToken)
	other, err := events.List("elsewhere").Do()
	require.NoError(t, err)
	assert.Empty(t, other.Items)
}
