package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// practiceBetter: one event a post. The form of the body, the answer to the GET
// that tries the address out, timeout and retries are unconfirmed.
func practiceBetter(config Config) Provider {
	asked := tryout{
		variable: "PRACTICEBETTER_VERIFY_TOKENS", token: "verification_token", challenge: "challenge",
		answer: func(challenge string) Answer {
			return jsonAnswer(map[string]any{"challenge": challenge, "timestamp": config.now().Unix()})
		},
	}
	return Provider{
		Name: "practicebetter", BodyLimit: 256 * kilobyte, Budget: 5 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("PRACTICEBETTER_WEBHOOK_SECRETS", verify.NewPracticeBetter)},
		Tokens:  []string{asked.variable},
		Routes:  []Route{{Path: "/webhooks/practicebetter", Events: one(unconfirmedEvent.event), Challenge: asked.with(config)}},
	}
}

// unconfirmedEvent is an event of a sender whose form nobody documents. An "id"
// may be that of the thing and not of the event, so the content names it.
type unconfirmedEvent struct {
	Type      text `json:"type"`
	Event     text `json:"event"`
	EventType text `json:"eventType"`
}

func (u unconfirmedEvent) event(delivery Delivery) Event {
	event := Event{ID: content(delivery.Body)}
	for _, kind := range []text{u.Type, u.EventType, u.Event} {
		if kind != "" {
			event.Type = string(kind)
			break
		}
	}
	return event
}
