package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// mux: one event a post. How often it comes again is unconfirmed.
func mux(Config) Provider {
	return Provider{
		Name: "mux", BodyLimit: 256 * kilobyte, Budget: 5 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("MUX_WEBHOOK_SECRETS", verify.NewMux)},
		Routes:  []Route{{Path: "/webhooks/mux", Events: one(muxEvent.event)}},
	}
}

// muxEvent is the part of an event that is read. Its attempts differ each time
// that it is sent, so without an ID nothing else would name it.
type muxEvent struct {
	ID          text `json:"id"`
	Type        text `json:"type"`
	Environment struct {
		ID text `json:"id"`
	} `json:"environment"`
}

func (m muxEvent) event(delivery Delivery) Event {
	return Event{Account: string(m.Environment.ID), ID: idOr(m.ID, delivery.Body), Type: string(m.Type)}
}
