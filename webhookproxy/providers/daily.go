package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// daily: one event a post. When a webhook is made, Daily posts a test that must
// be answered at once: choose the secret yourself ("hmac", base64), and set it
// here before. Whether the test is signed is unconfirmed.
func daily(Config) Provider {
	return Provider{
		Name: "daily", BodyLimit: 256 * kilobyte, Budget: 3 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("DAILY_WEBHOOK_SECRETS", verify.NewDaily)},
		Routes:  []Route{{Path: "/webhooks/daily", Events: one(dailyEvent.event)}},
	}
}

// dailyEvent is the part of an event that is read.
type dailyEvent struct {
	ID   text `json:"id"`
	Type text `json:"type"`
}

func (d dailyEvent) event(delivery Delivery) Event {
	return Event{ID: idOr(d.ID, delivery.Body), Type: string(d.Type)}
}
