package providers

import "time"

// jane: Jane App documents no webhooks; whatever its partner platform or a
// bridge sends must bring the token. All of it is unconfirmed.
func jane(Config) Provider {
	return Provider{
		Name: "jane", BodyLimit: 256 * kilobyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{bears("JANE_WEBHOOK_TOKENS", "X-Webhook-Token")},
		Routes:  []Route{{Path: "/webhooks/jane", Events: one(unconfirmedEvent.event)}},
	}
}
