package samples

import (
	"strings"

	"guestjourney/internal/verify"
)

var wearables = []Sample{
	{
		Name: "oura", Provider: "oura", Variable: "OURA_CLIENT_SECRETS", path: "/webhooks/oura",
		body: fill(`{"event_type":"update","data_type":"daily_sleep","object_id":"o1","event_time":"{iso}","user_id":"u{ms}"}`),
		sign: stamped{
			header: verify.OuraHeader, timeHeader: verify.OuraTimestampHeader, stamp: seconds,
			encode: func(sum []byte) string { return strings.ToUpper(hexOf(sum)) },
		}.make,
	},
	{
		Name: "whoop", Provider: "whoop", Variable: "WHOOP_CLIENT_SECRETS", path: "/webhooks/whoop",
		body: fill(`{"user_id":10129,"id":"550e8400-e29b-41d4-a716-446655440000","type":"sleep.updated","trace_id":"sample-{ms}"}`),
		sign: stamped{header: verify.WHOOPHeader, timeHeader: verify.WHOOPTimestampHeader, stamp: millis, encode: base64Of}.make,
	},
	fromGarmin("push", `{"dailies":[{"userId":"u1","summaryId":"x1-{ms}","steps":5210},{"userId":"u1","summaryId":"x2-{ms}","steps":10}],"sleeps":[{"userId":"u1","summaryId":"s1-{ms}"}]}`),
	fromGarmin("ping", `{"dailies":[{"userId":"u1","callbackURL":"https://apis.garmin.com/wellness-api/rest/dailies?uploadStartTimeInSeconds={s}"}]}`),
	{
		Name: "healthkit", Provider: "healthkit", Variable: "HEALTHKIT_WEBHOOK_SECRETS", path: "/webhooks/healthkit", sign: standardWebhooks,
		body: fill(`{"type":"readings.ready","timestamp":"{iso}","data":{"ref":"reading-1"}}`),
	},
}

func fromGarmin(kind, body string) Sample {
	return asBearer(Sample{
		Name: "garmin-" + kind, Provider: "garmin", Variable: "GARMIN_CLIENT_IDS", path: "/webhooks/garmin", body: fill(body), sign: bearing("Garmin-Client-Id"),
	})
}
