package samples

import (
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

var contacts = []Sample{
	fromHubSpot("v3", "HUBSPOT_CLIENT_SECRETS", func(secret string, message *verify.Message, at time.Time) error {
		mac := macOf(sha256.New, []byte(secret), message.Method+message.URL+string(message.Body)+millis(at))
		message.Header.Set(verify.HubSpotHeader, base64Of(mac))
		message.Header.Set(verify.HubSpotTimestampHeader, millis(at))
		return nil
	}),
	fromHubSpot("v1", "HUBSPOT_LEGACY_SECRETS", signHubSpotLegacy("v1", func(*verify.Message) string { return "" })),
	fromHubSpot("v2", "HUBSPOT_LEGACY_SECRETS", signHubSpotLegacy("v2", func(message *verify.Message) string { return message.Method + message.URL })),
	asBearer(Sample{
		Name: "mixpanel", Provider: "mixpanel", Variable: "MIXPANEL_CREDENTIALS", path: "/webhooks/mixpanel",
		body: fill(`{"action":"add_members","parameters":{"mixpanel_project_id":"42","mixpanel_cohort_id":"7","mixpanel_session_id":"sample-{ms}",` +
			`"page_info":{"total_pages":1,"page_count":1},"members":[{"mixpanel_distinct_id":"d1","email":"guest@example.com"}]}}`),
		sign: func(secret string, message *verify.Message, _ time.Time) error {
			if !strings.Contains(secret, ":") {
				return errors.New("want user:password")
			}
			message.Header.Set("Authorization", "Basic "+base64Of([]byte(secret)))
			return nil
		},
	}),
}

func fromHubSpot(version, variable string, sign signature) Sample {
	return Sample{
		Name: "hubspot-" + version, Provider: "hubspot", Variable: variable, path: "/webhooks/hubspot", sign: sign,
		body: fill(`[{"eventId":1,"subscriptionId":77001,"portalId":42,"appId":9,"occurredAt":{ms},"subscriptionType":"contact.creation","attemptNumber":0,"objectId":101}]`),
	}
}

func signHubSpotLegacy(version string, before func(*verify.Message) string) signature {
	return func(secret string, message *verify.Message, _ time.Time) error {
		sum := sha256.Sum256([]byte(secret + before(message) + string(message.Body)))
		message.Header.Set(verify.HubSpotLegacyHeader, hexOf(sum[:]))
		message.Header.Set(verify.HubSpotVersionHeader, version)
		return nil
	}
}
