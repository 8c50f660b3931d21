package sandbox_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
)

// write is one mutating call of a provider: it returns the answer's status and
// header, or the error of the connection.
type write struct {
	operation string
	call      func() (int, http.Header, error)
}

// writes are one mutating call of each provider; its effect key is "k-" and the
// provider.
func (w *world) writes() map[string]write {
	const form, jsonType = "application/x-www-form-urlencoded", "application/json"
	text := url.Values{"To": {guestNumber}, "From": {houseNumber}, "Body": {"x"}, "StatusCallback": {w.proxy.URL + "/webhooks/twilio/status?op=k-twilio"}}
	const mail = `{"personalizations":[{"to":[{"email":"ana@example.com"}],"custom_args":{"op_id":"k-sendgrid"}}],"from":{"email":"house@example.com"},"subject":"x","content":[{"type":"text/plain","value":"x"}]}`
	const event = `{"id":"abcde","start":{"date":"2027-03-02"},"end":{"date":"2027-03-03"},"extendedProperties":{"private":{"op":"k-google"}}}`
	note := upsertBody("op_id", "k-hubspot", map[string]string{"hs_timestamp": "1", "op_id": "k-hubspot"})
	return map[string]write{
		"stripe":   {"customers.create", w.post("/stripe/v1/customers", form, "name=Ana&metadata[effect]=k-stripe", "Bearer "+w.secrets.StripeKey)},
		"twilio":   {"messages.create", w.post("/twilio/2010-04-01/Accounts/"+w.secrets.TwilioAccountSID+"/Messages.json", form, text.Encode(), "Basic "+base64.StdEncoding.EncodeToString([]byte(w.secrets.TwilioKeySID+":"+w.secrets.TwilioKeySecret)))},
		"sendgrid": {"mail.send", w.post("/sendgrid/v3/mail/send", jsonType, mail, "Bearer "+w.secrets.SendGridKey)},
		"hubspot":  {"notes.upsert", w.post("/hubspot/crm/v3/objects/notes/batch/upsert", jsonType, note, "Bearer "+w.secrets.HubSpotToken)},
		"google":   {"events.insert", w.post("/google/calendar/v3/calendars/primary/events", jsonType, event, "Bearer "+w.secrets.GoogleToken)},
	}
}

func (w *world) post(path, contentType, body, authorization string) func() (int, http.Header, error) {
	return func() (int, http.Header, error) {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.base+path, strings.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Authorization", authorization)
		response, err := w.http.Do(request)
		if err != nil {
			return 0, nil, err
		}
		return response.StatusCode, response.Header, response.Body.Close()
	}
}

// TestFaultsOfEveryProvider: which answer each fault gives and whether the
// effect happens.
func TestFaultsOfEveryProvider(t *testing.T) {
	for kind, want := range map[sandbox.FaultKind]struct{ status, journal, effects int }{
		sandbox.Fault429:       {http.StatusTooManyRequests, http.StatusTooManyRequests, 0},
		sandbox.Fault500:       {http.StatusInternalServerError, http.StatusInternalServerError, 0},
		sandbox.Fault503:       {http.StatusServiceUnavailable, http.StatusServiceUnavailable, 0},
		sandbox.Fault500After:  {http.StatusInternalServerError, http.StatusInternalServerError, 1},
		sandbox.FaultReset:     {0, 0, 0},
		sandbox.FaultDropAfter: {0, 0, 1},
		sandbox.FaultDown:      {0, 0, 0},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := start(t)
			for provider, write := range w.writes() {
				require.NoError(t, w.SetFault(sandbox.Fault{Provider: provider, Operation: write.operation, Kind: kind, Count: 1, RetryAfter: 7}))
				status, header, err := write.call()
				if want.status == 0 {
					require.Error(t, err, provider)
				} else {
					require.NoError(t, err, provider)
					assert.Equal(t, want.status, status, provider)
					if kind == sandbox.Fault429 {
						assert.Equal(t, "7", header.Get("Retry-After"))
					}
				}
				call := w.lastCall(write.operation)
				assert.Equal(t, string(kind), call.Fault)
				assert.Equal(t, want.journal, call.Status, provider)
				assert.Equal(t, want.effects, w.Effects()["k-"+provider], provider)
				assert.Equal(t, "k-"+provider, call.EffectKey)
				assert.Empty(t, w.Faults(), "one count, one call")
			}
		})
	}
}

func TestFaultHitsOnlyItsProviderAndOperation(t *testing.T) {
	w := start(t)
	require.NoError(t, w.SetFault(sandbox.Fault{Provider: "google", Kind: sandbox.FaultDown}))
	require.NoError(t, w.SetFault(sandbox.Fault{Provider: "stripe", Operation: "refunds.create", Kind: sandbox.FaultDown}))
	for provider, write := range w.writes() {
		_, _, err := write.call()
		if provider == "google" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, provider)
	}
	w.ClearFaults("google")
	_, _, err := w.writes()["google"].call()
	require.NoError(t, err)
	assert.Len(t, w.Faults(), 1)
	w.ClearFaults()
	assert.Empty(t, w.Faults())
}

func TestFaultEndsAtItsTime(t *testing.T) {
	clock := newClock()
	w := start(t, func(c *sandbox.Config) { c.Clock = clock.now })
	require.NoError(t, w.SetFault(sandbox.Fault{Provider: "stripe", Kind: sandbox.FaultDown, Until: clock.now().Add(time.Minute)}))
	_, err := w.stripe().Balance.Get(nil)
	require.Error(t, err)
	clock.advance(time.Minute)
	_, err = w.stripe().Balance.Get(nil)
	require.NoError(t, err)
}

func TestLatencyLetsAnImpatientCallersEffectHappen(t *testing.T) {
	w := start(t)
	status, _ := w.call("POST", "/faults", "", `{"provider":"stripe","kind":"latency","delay":"10s","count":1}`)
	require.Equal(t, http.StatusOK, status)
	w.http.Timeout = 50 * time.Millisecond
	_, _, err := w.writes()["stripe"].call()
	require.Error(t, err)
	w.http.Timeout = 0
	require.Eventually(t, func() bool { return w.Effects()["k-stripe"] == 1 }, 30*time.Second, time.Millisecond)
}

func TestControlOfFaultsRefusesMistakes(t *testing.T) {
	w := start(t)
	for _, body := range []string{`{"provider":"stripe","kind":"fire"}`, `{"provider":"nobody","kind":"down"}`, `{"kind":"latency","delay":"soon"}`, `{"sort":"down"}`} {
		status, _ := w.call("POST", "/faults", "", body)
		assert.Equal(t, http.StatusBadRequest, status, body)
	}
	status, _ := w.call("POST", "/faults", "", `{"kind":"down"}`)
	assert.Equal(t, http.StatusOK, status)
	assert.Len(t, w.Faults(), 1)
	status, _ = w.call("DELETE", "/faults", "", "")
	assert.Equal(t, http.StatusNoContent, status)
	assert.Empty(t, w.Faults())
}

// TestHookSeesEveryPointOnce is what a kill test stands on.
func TestHookSeesEveryPointOnce(t *testing.T) {
	var mu sync.Mutex
	points := map[string][]sandbox.JournalEntry{}
	w := start(t, func(c *sandbox.Config) {
		c.OnCall = func(point string, call sandbox.JournalEntry) {
			mu.Lock()
			defer mu.Unlock()
			points[point] = append(points[point], call)
		}
	})
	for _, write := range w.writes() {
		_, _, err := write.call()
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(points[sandbox.PointAfterAnswer]) == 5
	}, 30*time.Second, time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	assert.Len(t, points[sandbox.PointBeforeWrite], 5)
	require.Len(t, points[sandbox.PointAfterWrite], 5)
	for i, call := range points[sandbox.PointAfterWrite] {
		assert.True(t, call.Effect)
		assert.Equal(t, i+1, call.Line, "the hook knows the journal's line")
		assert.Zero(t, points[sandbox.PointBeforeWrite][i].Line)
		assert.Equal(t, "k-"+call.Provider, call.EffectKey)
	}
}

func TestHookThatGivesUpPreventsTheEffect(t *testing.T) {
	abort := true
	w := start(t, func(c *sandbox.Config) {
		c.OnCall = func(point string, _ sandbox.JournalEntry) {
			if abort && point == sandbox.PointBeforeWrite {
				panic(http.ErrAbortHandler)
			}
		}
	})
	for provider, write := range w.writes() {
		_, _, err := write.call()
		require.Error(t, err, provider)
		require.Eventually(t, func() bool { return len(w.Journal(sandbox.JournalFilter{Operation: write.operation})) == 1 }, 30*time.Second, time.Millisecond)
		assert.Equal(t, "aborted", w.lastCall(write.operation).Fault)
	}
	assert.Empty(t, w.Effects())
}
