package record

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/go-json-experiment/json"

	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

// maxLog bounds a request: 24 hours with an alarm a minute are some 2 MB.
const maxLog = 8 << 20

// Handler answers POST /telemetry/v1/sessions/{id}/record, whose body is a
// session.Record, with the ZIP as it is made. Who calls is the caller's to verify. 400:
// the body is none, or another session's; 404: there is nothing of the session; 503: the
// store is unavailable. An error after the first byte breaks the connection off, so that
// half a record is never taken for one.
func Handler(source Source, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var told session.Record
		body := http.MaxBytesReader(w, r.Body, maxLog)
		if err := json.UnmarshalRead(body, &told, json.RejectUnknownMembers(true)); err != nil {
			// The error's own text may quote the body.
			http.Error(w, "the body is no session's log of this version", http.StatusBadRequest)
			return
		}
		if told.Session != session.IDPrefix+r.PathValue("id") {
			http.Error(w, "session: want the one that the path names", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/zip")
		out := &begun{w: w}
		if _, err := Write(r.Context(), out, source, told); err != nil {
			fail(w, out, log, err)
		}
	})
}

// begun knows whether anything was answered.
type begun struct {
	w   io.Writer
	yes bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.w.Write(p)
}

func fail(w http.ResponseWriter, out *begun, log *slog.Logger, err error) {
	if out.yes {
		log.Error("a session's record was broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
	switch {
	case errors.Is(err, ErrInvalid):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case errors.Is(err, ErrNotFound):
		http.Error(w, ErrNotFound.Error(), http.StatusNotFound)
	case errors.Is(err, store.ErrUnavailable):
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the store is unavailable", http.StatusServiceUnavailable)
	default:
		log.Error("a session's record cannot be written", "error", err)
		http.Error(w, "the record cannot be written", http.StatusInternalServerError)
	}
}
