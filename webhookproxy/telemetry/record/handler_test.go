package record_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/record"
	"guestjourney/webhookproxy/telemetry/store"
)

func serve(t *testing.T, source record.Source) (url string, logged *bytes.Buffer) {
	t.Helper()
	logged = &bytes.Buffer{}
	mux := http.NewServeMux()
	mux.Handle("POST /telemetry/v1/sessions/{id}/record", record.Handler(source, slog.New(slog.NewTextHandler(logged, nil))))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/telemetry/v1/sessions/", logged
}

func post(t *testing.T, url string, body any) (*http.Response, []byte, error) {
	t.Helper()
	text, isText := body.(string)
	if !isText {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		text = string(encoded)
	}
	response, err := http.Post(url, "application/json", strings.NewReader(text))
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, response.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	return response, answer, err
}

func TestTheRecordComesByHTTP(t *testing.T) {
	w, want := shared(t)
	url, _ := serve(t, w.open(t, 1))
	response, answer, err := post(t, url+"s1/record", told())
	require.NoError(t, err)
	require.Equal(t, []any{http.StatusOK, "application/zip"}, []any{response.StatusCode, response.Header.Get("Content-Type")})
	require.True(t, bytes.Equal(want.zip, answer))
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	another, invalid, silent := told(), told(), told()
	another.Session, invalid.GuestRef, silent.Log = "session/s2", "", nil
	url, _ := serve(t, &memory{})
	for name, refused := range map[string]struct {
		body   any
		status int
	}{
		"no JSON":           {"guest 0001", http.StatusBadRequest},
		"unknown member":    {`{"session":"session/s1","guest":"Ana"}`, http.StatusBadRequest},
		"another's":         {another, http.StatusBadRequest},
		"no guest":          {invalid, http.StatusBadRequest},
		"nothing was there": {silent, http.StatusNotFound},
	} {
		response, answer, err := post(t, url+"s1/record", refused.body)
		require.NoError(t, err)
		require.Equal(t, refused.status, response.StatusCode, "%s: %s", name, answer)
		require.Equal(t, 1, strings.Count(string(answer), "\n"), "one line: %s", answer)
		require.NotContains(t, string(answer), "0001")
		require.NotContains(t, string(answer), "Ana")
	}
}

func TestAStoreThatIsUnavailableIsAskedAgain(t *testing.T) {
	url, _ := serve(t, unavailable{&memory{}})
	response, _, err := post(t, url+"s1/record", told())
	require.NoError(t, err)
	require.Equal(t, []string{"503 Service Unavailable", "5"}, []string{response.Status, response.Header.Get("Retry-After")})
}

type unavailable struct{ *memory }

func (unavailable) Tail(context.Context, string, int64, int) ([]store.Stored, error) {
	return nil, fmt.Errorf("read readings: %w", store.ErrUnavailable)
}

func TestHalfARecordIsNotTakenForOne(t *testing.T) {
	w, _ := shared(t)
	source := w.memory()
	for range 4 { // more than what an answer keeps before it is sent
		for _, one := range source.batches[:700] {
			one.Position += source.batches[len(source.batches)-1].Position
			source.batches = append(source.batches, one)
		}
	}
	source.lost = store.ErrUnavailable
	url, logged := serve(t, source)
	response, answer, err := post(t, url+"s1/record", told())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = zip.NewReader(bytes.NewReader(answer), int64(len(answer)))
	require.Error(t, err)
	require.Contains(t, logged.String(), "broken off")
}

// FuzzHandler holds every body to an answer, and what is answered with a record to one
// that can be read.
func FuzzHandler(f *testing.F) {
	body, err := json.Marshal(told())
	require.NoError(f, err)
	f.Add(body)
	f.Add([]byte(`{"session":"session/s1","guestRef":"g","startedAt":"2026-11-27T09:00:00Z","log":[{"at":"2126-11-27T09:00:00Z","kind":"page"}]}`))
	f.Add([]byte(`{"session":"session/s1","protocol":{"thresholds":{"qtc":{"warning":1e308}}},"qtcBaseline":-1,"log":null}`))
	handler := record.Handler(&memory{transitions: []store.Entry{{Transition: store.Transition{Number: 1, Payload: []byte("{}")}, CreatedAt: start}}}, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequest(http.MethodPost, "/telemetry/v1/sessions/s1/record", bytes.NewReader(body))
		request.SetPathValue("id", "s1")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		switch answer.Code {
		case http.StatusOK:
			_, err := zip.NewReader(bytes.NewReader(answer.Body.Bytes()), int64(answer.Body.Len()))
			require.NoError(t, err)
		case http.StatusBadRequest:
		default:
			t.Fatalf("answered %d: %s", answer.Code, answer.Body)
		}
	})
}
