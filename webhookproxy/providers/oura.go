package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// oura: one event a post, which says what to read and not what was measured.
// Oura waits 10 seconds; the unit of its signed time is unconfirmed. A
// subscription is tried out with a GET, and expires.
func oura(config Config) Provider {
	asked := tryout{
		variable: "OURA_VERIFY_TOKENS", token: "verification_token", challenge: "challenge",
		answer: func(challenge string) Answer { return jsonAnswer(map[string]any{"challenge": challenge}) },
	}
	return Provider{
		Name: "oura", BodyLimit: 64 * kilobyte, Budget: 6 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("OURA_CLIENT_SECRETS", verify.NewOura)},
		Tokens:  []string{asked.variable},
		Routes:  []Route{{Path: "/webhooks/oura", Events: one(ouraEvent.event), Challenge: asked.with(config)}},
	}
}

// ouraEvent is an event.
type ouraEvent struct {
	EventType text `json:"event_type"`
	DataType  text `json:"data_type"`
	ObjectID  text `json:"object_id"`
	EventTime text `json:"event_time"`
	UserID    text `json:"user_id"`
}

func (o ouraEvent) event(delivery Delivery) Event {
	event := Event{ID: content(delivery.Body), Type: string(o.DataType + "." + o.EventType)}
	if o.UserID != "" && o.EventTime != "" {
		event.ID = digest(string(o.UserID), string(o.DataType), string(o.EventType), string(o.ObjectID), string(o.EventTime))
	}
	return event
}
