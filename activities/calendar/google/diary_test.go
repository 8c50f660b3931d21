package google_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

const events = "/google/calendar/v3/calendars/house@group.calendar.google.com/events"

func TestHoldInsertsUnderItsOwnID(t *testing.T) {
	diary, script := newDiary(t, echo)
	ref, err := diary.Hold(context.Background(), effect(holdKey), entry())
	require.NoError(t, err)
	require.Equal(t, eventID, ref.ID)
	require.Regexp(t, "^[a-v0-9]{5,}$", ref.ID, "the alphabet that Google asks for")

	require.Len(t, script.Received(), 1)
	sent := script.Received()[0]
	require.Equal(t, http.MethodPost, sent.Method)
	require.Equal(t, events, sent.Path)
	require.Equal(t, "none", sent.Query.Get("sendUpdates"))
	require.Equal(t, "Bearer ya29.t0ken", sent.Header.Get("Authorization"))
	require.JSONEq(t, `{
		"id": "`+eventID+`", "summary": "retreat-7d A1", "status": "tentative", "visibility": "private",
		"start": {"dateTime": "2027-03-02T09:00:00-06:00", "timeZone": "America/Mexico_City"},
		"end": {"dateTime": "2027-03-02T10:00:00-06:00", "timeZone": "America/Mexico_City"},
		"reminders": {"useDefault": false},
		"extendedProperties": {"private": {"op": "`+holdKey+`", "workflow": "appt/a1"}}
	}`, sent.Body)
}

const duplicate = `{"error":{"code":409,"errors":[{"reason":"duplicate"}]}}`

func TestAHoldThatIsThereIsCompared(t *testing.T) {
	for name, test := range map[string]struct {
		there http.HandlerFunc
		class failure.Class // empty: done
	}{
		"ours, written in another offset": {standing("tentative", holdKey, start), ""},
		"ours, changed since":             {standing("confirmed", "appt/a1/0123456789ab/confirm/1", start.Add(time.Hour)), ""},
		"ours, with another time":         {standing("tentative", holdKey, start.Add(time.Hour)), failure.EffectConflict},
		"ours, with another status":       {standing("confirmed", holdKey, start), failure.EffectConflict},
		"released":                        {standing("cancelled", holdKey, start), failure.EffectConflict},
		"changed, then released":          {standing("cancelled", "appt/a1/0123456789ab/confirm/1", start), failure.EffectConflict},
		"unreadable":                      {providertest.Reply(500, ""), failure.Ambiguous},
	} {
		t.Run(name, func(t *testing.T) {
			diary, script := newDiary(t, providertest.Reply(409, duplicate), test.there)
			ref, err := diary.Hold(context.Background(), effect(holdKey), entry())
			require.Equal(t, events+"/"+eventID, script.Received()[1].Path)
			if test.class != "" {
				requireClass(t, test.class, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, eventID, ref.ID)
		})
	}
}

func TestChangeWritesOverTheEventThatItRead(t *testing.T) {
	diary, script := newDiary(t, standing("tentative", holdKey, start), echo)
	moved := entry()
	moved.Start, moved.End, moved.Confirmed = start.Add(24*time.Hour), start.Add(25*time.Hour), true
	ref, err := diary.Change(context.Background(), effect("change"), moved)
	require.NoError(t, err)
	require.Equal(t, eventID, ref.ID)

	require.Equal(t, http.MethodGet, script.Received()[0].Method)
	sent := script.Received()[1]
	require.Equal(t, http.MethodPut, sent.Method)
	require.Equal(t, events+"/"+eventID, sent.Path)
	require.Equal(t, `"1"`, sent.Header.Get("If-Match"))
	require.Equal(t, "none", sent.Query.Get("sendUpdates"))
	require.Contains(t, sent.Body, `"status":"confirmed"`)
	require.Contains(t, sent.Body, `2027-03-03T09:00:00-06:00`)
	require.Contains(t, sent.Body, `"op":"change"`)
	require.Contains(t, sent.Body, "room with a view", "what staff wrote stays")
	require.Contains(t, sent.Body, `"staff":"kept"`)
}

func TestAChangeThatIsDoneIsNotWrittenAgain(t *testing.T) {
	diary, script := newDiary(t, standing("tentative", "change", start))
	_, err := diary.Change(context.Background(), effect("change"), entry())
	require.NoError(t, err)
	require.Len(t, script.Received(), 1)
}

func TestAChangeOfWhatIsGone(t *testing.T) {
	for name, there := range map[string]http.HandlerFunc{
		"never there":           providertest.Reply(404, `{"error":{"code":404,"errors":[{"reason":"notFound"}]}}`),
		"deleted":               providertest.Reply(410, `{"error":{"code":410,"errors":[{"reason":"deleted"}]}}`),
		"released, still shown": standing("cancelled", holdKey, start),
	} {
		t.Run(name, func(t *testing.T) {
			diary, script := newDiary(t, there)
			_, err := diary.Change(context.Background(), effect("change"), entry())
			require.Contains(t, requireClass(t, failure.Permanent, err).Advice, "hold a new place")
			require.Len(t, script.Received(), 1, "an update would bring it back")
		})
	}
}

func TestAnEntryThatStaffChangedMeanwhileIsReadAgain(t *testing.T) {
	for _, status := range []int{409, 412} {
		diary, _ := newDiary(t, standing("tentative", holdKey, start), providertest.Reply(status, `{}`))
		_, err := diary.Change(context.Background(), effect("change"), entry())
		requireClass(t, failure.NotProcessed, err)
	}
}

func TestRelease(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"removed": providertest.Reply(204, ""), "never there": providertest.Reply(404, `{}`), "removed before": providertest.Reply(410, `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			diary, script := newDiary(t, answer)
			ref, err := diary.Release(context.Background(), effect("release"), calendar.Place{HoldKey: holdKey, CalendarID: entry().CalendarID})
			require.NoError(t, err)
			require.Equal(t, eventID, ref.ID)
			require.Equal(t, http.MethodDelete, script.Received()[0].Method)
			require.Equal(t, events+"/"+eventID, script.Received()[0].Path)
			require.Equal(t, "none", script.Received()[0].Query.Get("sendUpdates"))
		})
	}
}

func TestErrorClasses(t *testing.T) {
	because := func(status int, reason string) http.HandlerFunc {
		return providertest.Reply(status, fmt.Sprintf(
			`{"error":{"code":%d,"message":"Not for house@group","errors":[{"domain":"usageLimits","reason":%q}]}}`, status, reason))
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		code   string
	}{
		"400":                       {because(400, "timeRangeEmpty"), failure.Permanent, "timeRangeEmpty"},
		"401":                       {because(401, "authError"), failure.Permanent, "authError"},
		"403 rateLimitExceeded":     {because(403, "rateLimitExceeded"), failure.Throttled, "rateLimitExceeded"},
		"403 userRateLimitExceeded": {because(403, "userRateLimitExceeded"), failure.Throttled, "userRateLimitExceeded"},
		"403 quotaExceeded":         {because(403, "quotaExceeded"), failure.Throttled, "quotaExceeded"},
		"403 dailyLimitExceeded":    {because(403, "dailyLimitExceeded"), failure.Throttled, "dailyLimitExceeded"},
		"403 other":                 {because(403, "requiredAccessLevel"), failure.Permanent, "requiredAccessLevel"},
		"404":                       {because(404, "notFound"), failure.Permanent, "notFound"},
		"410":                       {because(410, "deleted"), failure.Permanent, "deleted"},
		"412":                       {because(412, "conditionNotMet"), failure.NotProcessed, "conditionNotMet"},
		"429":                       {because(429, "rateLimitExceeded"), failure.Throttled, "rateLimitExceeded"},
		"408":                       {providertest.Reply(408, ""), failure.Ambiguous, ""},
		"500":                       {because(500, "backendError"), failure.Ambiguous, "backendError"},
		"503 that is no JSON":       {providertest.Reply(503, "<html>"), failure.Ambiguous, ""},
		"a reason that is none":     {because(400, "house@group says no"), failure.Permanent, ""},
		"done, but cut off":         {providertest.Reply(200, `{"id":`), failure.Ambiguous, ""},
		"no answer":                 {providertest.HangUp, failure.Ambiguous, ""},
	} {
		t.Run(name, func(t *testing.T) {
			diary, script := newDiary(t, test.answer)
			_, err := diary.Hold(context.Background(), effect(holdKey), entry())
			known := requireClass(t, test.class, err)
			require.Equal(t, "google", known.Provider)
			require.Equal(t, "events.insert", known.Operation)
			require.Equal(t, test.code, known.Code)
			require.Len(t, script.Received(), 1, "sent once, whatever the answer")
			for _, secret := range []string{"house@group", "ya29", "retreat-7d"} {
				require.NotContains(t, known.Error(), secret)
			}
		})
	}
}

// TestClassesOfEveryCall: an insert that meets a 409 asks what is there, and a
// write that meets a newer state reads it and is made again.
func TestClassesOfEveryCall(t *testing.T) {
	except := map[int]failure.Class{http.StatusConflict: "", http.StatusPreconditionFailed: failure.NotProcessed}
	providertest.Classes(t, "google", except, func(ctx context.Context, client *provider.Client) error {
		diary, err := google.New(google.Config{AccessToken: "ya29.t0ken"}, client)
		require.NoError(t, err)
		_, err = diary.Hold(ctx, effect(holdKey), entry())
		return err
	})
}

func TestNobodyAnswers(t *testing.T) {
	diary := unreachable(t)
	_, err := diary.Hold(context.Background(), effect(holdKey), entry())
	requireClass(t, failure.NotProcessed, err)
}

func requireClass(t *testing.T, class failure.Class, err error) failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, class, known.Class, "%v", err)
	return *known
}
