package control_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/signedcall"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/control"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
)

var (
	now    = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	secret = bytes.Repeat([]byte{7}, 32)
)

// world is the process's side of the calls.
type world struct {
	t       *testing.T
	store   *store.Store
	mux     *http.ServeMux
	changed int
}

func open(t *testing.T) *world {
	t.Helper()
	kept := storetest.Open(t, store.Config{Now: func() time.Time { return now }})
	verifier, err := verify.NewStandard("whsec_" + base64.StdEncoding.EncodeToString(secret))
	require.NoError(t, err)
	w := &world{t: t, store: kept, mux: http.NewServeMux()}
	control.New(control.Config{
		Store: kept, Verifier: verifier, Changed: func() { w.changed++ }, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	}).Routes(w.mux)
	return w
}

// call makes a signed call and returns its status and what was said.
func (w *world) call(method, path, body string) (int, string) {
	w.t.Helper()
	return w.callFor(method, path, method, path, body)
}

// callFor is signed for another call than it makes.
func (w *world) callFor(signedMethod, signedPath, method, path, body string) (int, string) {
	w.t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	stamp := strconv.FormatInt(now.Unix(), 10)
	id := signedcall.ID(signedMethod, signedPath)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + stamp + "." + body))
	request.Header.Set(verify.StandardIDHeader, id)
	request.Header.Set(verify.StandardTimestampHeader, stamp)
	request.Header.Set(verify.StandardSignatureHeader, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return w.do(request)
}

func (w *world) do(request *http.Request) (int, string) {
	answer := httptest.NewRecorder()
	w.mux.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

const (
	place    = "/telemetry/v1/sessions/S1"
	protocol = `{"name":"default","heartRate":{"criticalLow":40,"warningLow":50,"warningHigh":100,"criticalHigh":120},` +
		`"systolic":{"criticalLow":80,"warningLow":90,"warningHigh":150,"criticalHigh":180},"qtc":{"warning":450,"critical":500},"qtcChange":60}`
	order      = `{"code":"default","thresholds":{"heartRate":{"criticalLow":40},"qtcChange":60}}`
	assignment = `{"device":"monitor-7","since":"2027-03-01T12:00:00Z","room":"3","protocol":` + order + `,"qtcBaseline":410}`
	atNow      = `{"at":"2027-03-01T12:00:00Z"}`
)

func TestASessionFromItsDeviceToItsEnd(t *testing.T) {
	w := open(t)
	for range 2 {
		status, said := w.call(http.MethodPut, place, assignment)
		require.Equal(t, http.StatusNoContent, status, said)
	}
	require.Equal(t, 2, w.changed)
	kept, err := w.store.DeviceOf(t.Context(), "session/S1")
	require.NoError(t, err)
	require.Equal(t, "monitor-7", kept.Device)
	require.Equal(t, now, kept.Since)
	require.Equal(t, "3", kept.Settings.Room)
	require.InDelta(t, 410, kept.Settings.QTcBaseline, 0)
	require.JSONEq(t, protocol, string(kept.Settings.Protocol))

	got, err := w.store.Acquire(t.Context(), "session/S1")
	require.NoError(t, err)
	_, err = w.store.Commit(t.Context(), got.Lease, store.Progress{Transitions: []store.Transition{{Number: 1, Payload: []byte("{}"), PageKey: "S1/1"}}})
	require.NoError(t, err)
	for range 2 {
		status, said := w.call(http.MethodPut, place+"/transitions/1/handed", `{"at":"2027-03-01T11:59:59Z"}`)
		require.Equal(t, http.StatusNoContent, status, said)
	}
	rows, err := w.store.Transitions(t.Context(), "session/S1", 0, 1)
	require.NoError(t, err)
	require.Equal(t, now.Add(-time.Second), rows[0].HandedAt)
	require.False(t, rows[0].Fallback)

	for range 2 {
		status, said := w.call(http.MethodPost, place+"/end", atNow)
		require.Equal(t, http.StatusNoContent, status, said)
	}
	status, said := w.call(http.MethodPut, place, assignment)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, said, "ended")
}

func TestWhatIsRefused(t *testing.T) {
	w := open(t)
	change := func(old, replacement string) string {
		require.Contains(t, assignment, old)
		return strings.Replace(assignment, old, replacement, 1)
	}
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"no JSON":              {http.MethodPut, place, "{", http.StatusBadRequest},
		"an unknown member":    {http.MethodPut, place, change(`"room"`, `"more":1,"room"`), http.StatusBadRequest},
		"an unknown limit":     {http.MethodPut, place, change(`"qtcChange"`, `"more":1,"qtcChange"`), http.StatusUnprocessableEntity},
		"no device":            {http.MethodPut, place, change("monitor-7", "Monitor 7"), http.StatusBadRequest},
		"no time":              {http.MethodPut, place, change(`"since":"2027-03-01T12:00:00Z",`, ""), http.StatusBadRequest},
		"no room":              {http.MethodPut, place, change(`"room":"3"`, `"room":""`), http.StatusBadRequest},
		"limits unsigned":      {http.MethodPut, place, change(`"criticalLow":40`, `"criticalLow":45`), http.StatusUnprocessableEntity},
		"no name and unsigned": {http.MethodPut, place, change(`"code":"default"`, `"code":"other"`), http.StatusUnprocessableEntity},
		"a strange baseline":   {http.MethodPut, place, change("410", "41"), http.StatusUnprocessableEntity},
		"end of nothing":       {http.MethodPost, place + "/end", atNow, http.StatusNotFound},
		"end without a time":   {http.MethodPost, place + "/end", "{}", http.StatusBadRequest},
		"a page about nothing": {http.MethodPut, place + "/transitions/1/handed", atNow, http.StatusNotFound},
		"a page about what":    {http.MethodPut, place + "/transitions/x/handed", atNow, http.StatusBadRequest},
		"too much":             {http.MethodPut, place, strings.Repeat(" ", 64<<10+1), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			status, said := w.call(test.method, test.path, test.body)
			require.Equal(t, test.status, status, said)
			var answer map[string]string
			require.NoError(t, json.Unmarshal([]byte(said), &answer))
			require.NotContains(t, answer["detail"], "\n")
		})
	}
	require.Zero(t, w.changed)
	sessions, err := w.store.Sessions(t.Context())
	require.NoError(t, err)
	require.Empty(t, sessions)
}

// TestWhatAProtocolLeavesOutIsAsByDefault: a clinician signs a name and the limits that
// differ.
func TestWhatAProtocolLeavesOutIsAsByDefault(t *testing.T) {
	w := open(t)
	for given, want := range map[string]func(*detector.Protocol){
		"":               func(*detector.Protocol) {},
		`"protocol":{},`: func(*detector.Protocol) {},
		`"protocol":{"code":"PRG-07","signedBy":"dr-x","signedAt":"2027-03-01T11:00:00Z","thresholds":{"heartRate":{"warningLow":45}}},`: func(p *detector.Protocol) {
			p.Name, p.SignedBy, p.SignedAt, p.HeartRate.WarningLow = "PRG-07", "dr-x", now.Add(-time.Hour), 45
		},
	} {
		status, said := w.call(http.MethodPut, place, strings.Replace(assignment, `"protocol":`+order+`,`, given, 1))
		require.Equal(t, http.StatusNoContent, status, said)
		kept, err := w.store.DeviceOf(t.Context(), "session/S1")
		require.NoError(t, err)
		var found detector.Protocol
		require.NoError(t, json.Unmarshal(kept.Settings.Protocol, &found))
		expected := detector.Default()
		want(&expected)
		require.Equal(t, expected, found, given)
	}
}

func TestWhoDoesNotSignIsNotHeard(t *testing.T) {
	w := open(t)
	for _, path := range []string{"PUT " + place, "POST " + place + "/end", "PUT " + place + "/transitions/1/handed"} {
		method, path, _ := strings.Cut(path, " ")
		status, _ := w.do(httptest.NewRequest(method, path, strings.NewReader(assignment)))
		require.Equal(t, http.StatusUnauthorized, status, path)
	}
}

// TestASignatureIsForOneCall: what signs the end of a session ends no other one.
func TestASignatureIsForOneCall(t *testing.T) {
	w := open(t)
	for _, id := range []string{"S1", "S2"} {
		status, said := w.call(http.MethodPut, "/telemetry/v1/sessions/"+id, strings.Replace(assignment, "monitor-7", "monitor-"+strings.ToLower(id), 1))
		require.Equal(t, http.StatusNoContent, status, said)
	}
	status, _ := w.callFor(http.MethodPost, place+"/end", http.MethodPost, "/telemetry/v1/sessions/S2/end", atNow)
	require.Equal(t, http.StatusUnauthorized, status)
	sessions, err := w.store.Sessions(t.Context())
	require.NoError(t, err)
	require.Len(t, sessions, 2)
}

func TestAStoreThatIsAwayIsAskedAgain(t *testing.T) {
	w := open(t)
	require.NoError(t, w.store.Close())
	status, said := w.call(http.MethodPut, place, assignment)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotContains(t, said, "telemetry.db")
}
