package sandbox

import "encoding/json"

// stripeEvent queues a signed event with a snapshot of its object.
func (s *Server) stripeEvent(kind string, object map[string]any) {
	id := "evt_" + randomText(24)
	body, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "api_version": stripeAPIVersion, "created": s.now().Unix(), "livemode": false,
		"pending_webhooks": 1, "type": kind, "data": map[string]any{"object": object},
		"request": map[string]any{"id": nil, "idempotency_key": nil},
	})
	if err != nil {
		panic("sandbox: a Stripe event cannot be JSON: " + err.Error()) // our own types: a bug
	}
	s.enqueue(delivery{
		WebhookRecord: WebhookRecord{Provider: providerStripe, Type: kind, EventID: id, Body: string(body)},
		Target:        "/webhooks/stripe", ContentType: "application/json; charset=utf-8",
	})
}
