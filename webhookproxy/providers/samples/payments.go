package samples

import "guestjourney/internal/verify"

var payments = []Sample{{
	Name: "stripe", Provider: "stripe", Variable: "STRIPE_WEBHOOK_SECRETS", path: "/webhooks/stripe",
	body: fill(`{"id":"evt_sample_{ms}","object":"event","api_version":"2023-10-16","created":{s},"livemode":false,"type":"payment_intent.succeeded",` +
		`"data":{"object":{"id":"pi_sample","object":"payment_intent","amount":50000,"currency":"eur","metadata":{"workflowId":"pay/sample"}}}}`),
	sign: signingPairs(verify.StripeHeader, seconds, hexOf),
}}
