package gateway

import (
	"errors"
	"net/http"

	"guestjourney/internal/verify"
)

// refusal is why a webhook is not taken, before any event of it is known.
type refusal struct {
	status   int
	decision string // in logs and metrics
	said     string // to the sender: no detail that would help to guess
	reason   string // in the log only; quotes nothing of the request
}

// because adds a reason for the log.
func (r *refusal) because(err error) *refusal {
	explained := *r
	explained.reason = err.Error()
	return &explained
}

var (
	refusalUnread        = &refusal{status: http.StatusBadRequest, decision: "unread", said: "malformed"}
	refusalSignature     = &refusal{status: http.StatusUnauthorized, decision: "bad_signature", said: "unauthorized"}
	refusalStale         = &refusal{status: http.StatusUnauthorized, decision: "stale", said: "unauthorized"}
	refusalChallenge     = &refusal{status: http.StatusForbidden, decision: "bad_token", said: "forbidden"}
	refusalUnkept        = &refusal{status: http.StatusServiceUnavailable, decision: decisionUnavailable, said: "unavailable"}
	refusalHandshake     = &refusal{status: http.StatusServiceUnavailable, decision: "handshake_failed", said: "unavailable"}
	refusalAddress       = &refusal{status: http.StatusForbidden, decision: "address", said: "forbidden"}
	refusalTooLarge      = &refusal{status: http.StatusRequestEntityTooLarge, decision: "too_large", said: "too_large"}
	refusalEncoding      = &refusal{status: http.StatusUnsupportedMediaType, decision: "encoded", said: "unsupported_encoding"}
	refusalBusy          = &refusal{status: http.StatusTooManyRequests, decision: "busy", said: "busy"}
	refusalNotConfigured = &refusal{status: http.StatusServiceUnavailable, decision: "not_configured", said: "unavailable"}
)

// refusalOf maps an error of a verifier.
func refusalOf(err error) *refusal {
	switch {
	case errors.Is(err, verify.ErrNoSecret):
		return refusalNotConfigured.because(err)
	case errors.Is(err, verify.ErrStale):
		return refusalStale.because(err)
	default:
		return refusalSignature.because(err)
	}
}
