// Package exchange reads requests and writes answers of the telemetry process.
//
// Called by its handlers. It owns the form of an answer: JSON with the key
// "status", which no browser takes for a page. It promises that a body is read
// whole or refused, and never beyond its limit.
package exchange

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// Answer is what is said. Its texts are the process's own words.
type Answer struct {
	Status string `json:"status"`
	Detail string `json:"detail,omitempty"` // one line: what is wrong, and what to do
}

// Words that several handlers say.
const (
	Unavailable  = "unavailable"
	Unauthorized = "unauthorized"
	Malformed    = "malformed"
	TooLarge     = "too_large"
	Unread       = "unread"
	Failed       = "error"
)

// retryAfter is when to come again, in seconds. A monitor has the next batch by then.
const retryAfter = "1"

// Say answers.
func Say(w http.ResponseWriter, status int, answer Answer) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		header.Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who has hung up is not answered
}

// Body reads a body of at most limit bytes, or answers why it cannot: read is false
// then, and said is the word.
func Body(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, said string, read bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, "", true
	case errors.As(err, &tooLarge):
		Say(w, http.StatusRequestEntityTooLarge, Answer{Status: TooLarge, Detail: "send less at once"})
		return nil, TooLarge, false
	default:
		Say(w, http.StatusBadRequest, Answer{Status: Unread, Detail: "the body ended before it was whole"})
		return nil, Unread, false
	}
}
