package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// whoop: one event of version 2 a post, which says what to read and not what
// was measured. WHOOP waits one second.
func whoop(Config) Provider {
	return Provider{
		Name: "whoop", BodyLimit: 64 * kilobyte, Budget: 700 * time.Millisecond, Remember: rememberDay,
		Schemes: []Scheme{signs("WHOOP_CLIENT_SECRETS", verify.NewWHOOP)},
		Routes:  []Route{{Path: "/webhooks/whoop", Events: one(whoopEvent.event)}},
	}
}

// whoopEvent is the part of an event that is read. The ID is that of what was
// measured, and comes again with each update of it.
type whoopEvent struct {
	Type    text `json:"type"`
	TraceID text `json:"trace_id"`
}

func (w whoopEvent) event(delivery Delivery) Event {
	return Event{ID: idOr(w.TraceID, delivery.Body), Type: string(w.Type)}
}
