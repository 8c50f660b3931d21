package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// cal: one event of Cal.com a post, sent once, without an ID and without a
// signed time. A webhook with a template of its own may leave everything out
// that names the event.
func cal(Config) Provider {
	return Provider{
		Name: "cal", BodyLimit: 256 * kilobyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{signs("CAL_WEBHOOK_SECRETS", verify.NewCal).undated()},
		Routes:  []Route{{Path: "/webhooks/cal", Events: one(calEvent.event)}},
	}
}

// calEvent is the part of an event that is read.
type calEvent struct {
	Trigger   text `json:"triggerEvent"`
	CreatedAt text `json:"createdAt"`
	Payload   struct {
		UID text `json:"uid"`
	} `json:"payload"`
}

func (c calEvent) event(delivery Delivery) Event {
	event := Event{ID: content(delivery.Body), Type: string(c.Trigger)}
	if c.Trigger != "" && c.CreatedAt != "" && c.Payload.UID != "" {
		event.ID = digest(string(c.Trigger), string(c.Payload.UID), string(c.CreatedAt))
	}
	return event
}
