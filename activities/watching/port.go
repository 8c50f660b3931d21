// Package watching is the port to whoever watches the readings of a session.
//
// Called by SessionMonitor, which says whose readings are a session's and within
// which limits, and keeps an activity open for as long as somebody watches
// (Guard). It promises that every call may be repeated.
package watching

import (
	"context"
	"encoding/json"
	"time"

	"guestjourney/activities/options"
)

// Session is how a session is watched.
type Session struct {
	Session string `json:"session"` // the workflow's ID
	// Device is whose readings are the session's from Since on.
	Device   string    `json:"device"`
	Since    time.Time `json:"since"`
	Room     string    `json:"room"` // as pages say it: "3"
	Protocol Protocol  `json:"protocol"`
	// QTcBaseline is the guest's own, in milliseconds; 0 is unknown.
	QTcBaseline float64 `json:"qtcBaseline,omitempty"`
}

// Protocol is what is watched for, as a clinician has signed it.
type Protocol struct {
	Code     string    `json:"code"`
	SignedBy string    `json:"signedBy"`
	SignedAt time.Time `json:"signedAt"`
	// Thresholds are the limits that differ from the defaults, a JSON object;
	// empty means none.
	Thresholds json.RawMessage `json:"thresholds,omitempty"`
}

// End says when a session ended.
type End struct {
	Session string    `json:"session"`
	At      time.Time `json:"at"`
}

// Done is the answer of a call that only succeeds or fails.
type Done struct{}

// Desk is where readings are watched. Errors are *failure.Error.
type Desk interface {
	// Watch begins to watch, or changes how; it may be repeated.
	Watch(context.Context, options.Effect, Session) error
	// End stops it; a session that is not watched, or not any more, is no error.
	End(context.Context, options.Effect, End) error
}
