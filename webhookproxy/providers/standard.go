package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// standard: whoever else signs as Standard Webhooks says.
func standard(Config) Provider { return standardProvider("standard", "STANDARD_WEBHOOK_SECRETS") }

// healthKit: what the guest's own app reads from HealthKit and pushes. It has a
// secret of its own, which is on no server of the website.
func healthKit(Config) Provider { return standardProvider("healthkit", "HEALTHKIT_WEBHOOK_SECRETS") }

// standardProvider sends one event a post, in the form that Standard Webhooks
// recommends.
func standardProvider(name, variable string) Provider {
	return Provider{
		Name: name, BodyLimit: 256 * kilobyte, Budget: 8 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs(variable, verify.NewStandard)},
		Routes:  []Route{{Path: "/webhooks/" + name, Events: one(standardEvent.event)}},
	}
}

// standardEvent is the part of an event that is read.
type standardEvent struct {
	Type text `json:"type"`
}

// event has the ID of the header, which is signed and the same in a retry.
func (s standardEvent) event(delivery Delivery) Event {
	return Event{ID: idOr(delivery.Header.Get(verify.StandardIDHeader), delivery.Body), Type: string(s.Type)}
}
