package samples

import (
	"net/http"

	"guestjourney/internal/verify"
)

var clinics = []Sample{
	{
		Name: "practicebetter", Provider: "practicebetter", Variable: "PRACTICEBETTER_WEBHOOK_SECRETS", path: "/webhooks/practicebetter",
		body: fill(`{"type":"session.created","data":{"id":"s1","at":"{iso}"}}`), sign: signingPairs(verify.PracticeBetterHeader, seconds, hexOf),
	},
	asBearer(Sample{
		Name: "jane", Provider: "jane", Variable: "JANE_WEBHOOK_TOKENS", path: "/webhooks/jane", sign: bearing("X-Webhook-Token"),
		body: fill(`{"event":"appointment.booked","id":"a1","at":"{iso}"}`),
	}),
	asBearer(fromFHIR("put", http.MethodPut, "/Appointment/a1", `{"resourceType":"Appointment","id":"a1","meta":{"versionId":"{ms}","lastUpdated":"{iso}"},"status":"booked"}`)),
	asBearer(fromFHIR("delete", http.MethodDelete, "/Appointment/a1", "")),
	asBearer(fromFHIR("bundle", http.MethodPost, "", `{"resourceType":"Bundle","type":"subscription-notification","entry":[{"resource":{"resourceType":"SubscriptionStatus",`+
		`"type":"event-notification","subscription":{"reference":"Subscription/s1"},"notificationEvent":[{"eventNumber":"{ms}","focus":{"reference":"Appointment/a1"}}]}}]}`)),
	{
		Name: "fhir-medplum", Provider: "fhir", Variable: "FHIR_SUBSCRIPTION_SECRETS", path: "/webhooks/fhir", sign: signingBody(verify.MedplumHeader, ""),
		body: fill(`{"resourceType":"Appointment","id":"a1","meta":{"versionId":"{ms}"},"status":"booked"}`),
	},
}

func fromFHIR(kind, method, path, body string) Sample {
	return Sample{
		Name: "fhir-" + kind, Provider: "fhir", Variable: "FHIR_TOKENS", method: method, path: "/webhooks/fhir" + path, body: fill(body), sign: bearing("Authorization"),
	}
}
