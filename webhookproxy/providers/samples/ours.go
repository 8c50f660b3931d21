package samples

// ours are the senders that sign as Standard Webhooks says: the guest's app and
// website, and whoever else does.
var ours = []Sample{
	fromGuest("intake", `{"arrival":"2027-03-02T15:00:00"}`),
	fromGuest("consent", `{"purpose":"health_data","granted":"true","version":"2026-01"}`),
	fromGuest("health_form", `{"ref":"form-1","complete":"true"}`),
	fromGuest("policy_accepted", `{"version":"2026-01"}`),
	fromGuest("offer_answer", `{"answer":"accepted"}`),
	{
		Name: "standard", Provider: "standard", Variable: "STANDARD_WEBHOOK_SECRETS", path: "/webhooks/standard", sign: standardWebhooks,
		body: fill(`{"type":"invoice.sent","timestamp":"{iso}","data":{"id":"i1"}}`),
	},
}

func fromGuest(kind, data string) Sample {
	return Sample{
		Name: "guest-" + kind, Provider: "guest", Variable: "GUEST_WEBHOOK_SECRETS", path: "/webhooks/guest/" + kind, sign: standardWebhooks,
		body: fill(`{"kind":"` + kind + `","journeyId":"journey/sample","occurredAt":"{iso}","data":` + data + `}`),
	}
}
