package ingest_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"

	"guestjourney/internal/logtest"
	"guestjourney/webhookproxy/telemetry/ingest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/readingtest"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
)

var now = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

const key = "0123456789abcdef0123456789abcdef"

// world is the process's side of the route.
type world struct {
	t       *testing.T
	store   *store.Store
	handler http.Handler
	keys    reading.Keys
	mutex   sync.Mutex
	woken   []string
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: storetest.Open(t, store.Config{})}
	require.NoError(t, w.keys.UnmarshalText([]byte("monitor-7="+key)))
	var err error
	w.handler, err = ingest.New(ingest.Config{
		Keys: func() *reading.Keys { return &w.keys }, Store: w.store, Wake: w.wake, Now: func() time.Time { return now },
		Logger: slog.New(slog.DiscardHandler), Meter: noop.NewMeterProvider().Meter(""),
	})
	require.NoError(t, err)
	return w
}

func (w *world) wake(session string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.woken = append(w.woken, session)
}

// send sends a batch as its gateway does.
func (w *world) send(batch reading.Batch) *httptest.ResponseRecorder {
	w.t.Helper()
	body, err := reading.Encode(batch)
	require.NoError(w.t, err)
	return w.post(reading.Sign(key, batch, body, now), body)
}

func (w *world) post(header http.Header, body []byte) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/telemetry/v1/readings", bytes.NewReader(body))
	request.Header = header
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, request)
	return answer
}

func answered(t *testing.T, answer *httptest.ResponseRecorder, status int, said string) {
	t.Helper()
	require.Equal(t, status, answer.Code, answer.Body.String())
	require.Contains(t, answer.Body.String(), `"status":"`+said+`"`)
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
}

func TestABatchIsStoredAndItsOwnerWoken(t *testing.T) {
	w := open(t)
	require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: "monitor-7", Session: "session/S1", Since: now}))
	heart := readingtest.New("monitor-7", 70, now)
	batch := heart.Next(now.Add(time.Second))
	answered(t, w.send(batch), http.StatusOK, "stored")
	answered(t, w.send(batch), http.StatusOK, "same")
	require.Equal(t, []string{"session/S1"}, w.woken, "once: there is nothing new")
	other := heart.Next(now.Add(2 * time.Second))
	other.Sequence = batch.Sequence
	answered(t, w.send(other), http.StatusConflict, "conflicting")
	kept, err := w.store.Tail(t.Context(), "session/S1", 0, 10)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, now, kept[0].At, "when it came in")
	require.Equal(t, batch.Samples[0].At, kept[0].Batch.Samples[0].At, "the first one stays")
}

func TestWhatIsNotTaken(t *testing.T) {
	w := open(t)
	heart := readingtest.New("monitor-7", 70, now)
	batch := heart.Next(now.Add(time.Second))
	body, err := reading.Encode(batch)
	require.NoError(t, err)

	answered(t, w.post(reading.Sign("another key of sufficient length", batch, body, now), body), http.StatusUnauthorized, "unauthorized")
	answered(t, w.post(reading.Sign(key, batch, body, now.Add(-time.Hour)), body), http.StatusUnauthorized, "unauthorized")
	answered(t, w.post(http.Header{}, body), http.StatusUnauthorized, "unauthorized")

	wrong := bytes.Replace(body, []byte(`"leads":"on"`), []byte(`"leads":"canary"`), 1)
	answer := w.post(reading.Sign(key, batch, wrong, now), wrong)
	answered(t, answer, http.StatusBadRequest, "malformed")
	require.Contains(t, answer.Body.String(), "samples[0].leads")
	require.NotContains(t, answer.Body.String(), "canary")

	answered(t, w.post(http.Header{}, make([]byte, 1<<20+1)), http.StatusRequestEntityTooLarge, "too_large")
	w.keys = reading.Keys{}
	answered(t, w.send(batch), http.StatusServiceUnavailable, "unavailable")
	kept, err := w.store.Tail(t.Context(), store.Unassigned, 0, 10)
	require.NoError(t, err)
	require.Empty(t, kept)
}

func TestAStoreThatIsAwayIsTriedAgain(t *testing.T) {
	w := open(t)
	require.NoError(t, w.store.Close())
	answer := w.send(readingtest.New("monitor-7", 70, now).Next(now))
	answered(t, answer, http.StatusServiceUnavailable, "unavailable")
	require.Equal(t, "1", answer.Header().Get("Retry-After"))
	require.Empty(t, w.woken)
}

// TestAGatewayThatHangsUpIsStoredAllTheSame: it sends again, and that is the same batch.
func TestAGatewayThatHangsUpIsStoredAllTheSame(t *testing.T) {
	w := open(t)
	batch := readingtest.New("monitor-7", 70, now).Next(now)
	body, err := reading.Encode(batch)
	require.NoError(t, err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	request := httptest.NewRequestWithContext(gone, http.MethodPost, "/telemetry/v1/readings", bytes.NewReader(body))
	request.Header = reading.Sign(key, batch, body, now)
	w.handler.ServeHTTP(httptest.NewRecorder(), request)
	answered(t, w.send(batch), http.StatusOK, "same")
}

func TestAKeyFileIsTakenOverWhileGatewaysSend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	_, err := ingest.OpenKeys(path)
	require.ErrorContains(t, err, "DEVICE_KEYS_FILE: cannot be read")
	write("monitor-7=short\n")
	_, err = ingest.OpenKeys(path)
	require.ErrorContains(t, err, "DEVICE_KEYS_FILE: entry 1, device monitor-7")

	write("monitor-7=" + key + "\n")
	file, err := ingest.OpenKeys(path)
	require.NoError(t, err)
	batch := readingtest.New("monitor-8", 70, now).Next(now)
	body, err := reading.Encode(batch)
	require.NoError(t, err)
	takes := func() bool {
		_, err := file.Keys().Receive(reading.Sign(key, batch, body, now), body, now)
		return err == nil
	}
	require.False(t, takes())
	ctx, cancel := context.WithCancel(t.Context())
	var log logtest.Log
	var watching sync.WaitGroup
	watching.Go(func() { file.Watch(ctx, time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))) })
	defer func() { cancel(); watching.Wait() }()
	write("monitor-7=" + key + "\nmonitor-8=" + key + "\n")
	require.Eventually(t, takes, 30*time.Second, time.Millisecond)
	write("no keys at all")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "those known before stay in force") }, 30*time.Second, time.Millisecond)
	require.True(t, takes())
}
