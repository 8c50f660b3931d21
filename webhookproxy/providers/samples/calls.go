package samples

import "guestjourney/internal/verify"

var calls = []Sample{
	fromVapi("standard", "VAPI_WEBHOOK_SECRETS", standardWebhooks),
	fromVapi("hmac", "VAPI_HMAC_SECRETS", stamped{
		header: verify.VapiHeader, timeHeader: verify.VapiTimestampHeader, stamp: seconds, between: ".", encode: hexOf,
	}.make),
	ofACall("assistant", `{"message":{"type":"assistant-request","timestamp":{ms},"call":{"id":"call-sample","type":"inboundPhoneCall","customer":{"number":"+525512345678"}}}}`),
	ofACall("tools", `{"message":{"type":"tool-calls","timestamp":{ms},"call":{"id":"call-sample","type":"inboundPhoneCall","customer":{"number":"+525512345678"}},`+
		`"toolCallList":[{"id":"call_{ms}","type":"function","function":{"name":"next_session","arguments":{}}}]}}`),
	asBearer(fromVapi("legacy", "VAPI_LEGACY_SECRETS", bearing(verify.VapiSecretHeader))),
	fromZoom("meeting", `{"event":"meeting.started","event_ts":{ms},"payload":{"account_id":"acc","object":{"id":"81234567890","uuid":"4444AAAiAAAAAiAiAiiAii==","topic":"Intake"}}}`),
	fromZoom("validation", `{"event":"endpoint.url_validation","event_ts":{ms},"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}`),
	{
		Name: "daily", Provider: "daily", Variable: "DAILY_WEBHOOK_SECRETS", path: "/webhooks/daily",
		body: fill(`{"version":"1.0.0","type":"meeting.started","id":"mtg-sample-{ms}","payload":{"room":"intake","meeting_id":"m1"},"event_ts":{s}}`),
		sign: stamped{
			header: verify.DailyHeader, timeHeader: verify.DailyTimestampHeader, stamp: seconds, between: ".", encode: base64Of, secret: fromBase64,
		}.make,
	},
}

func fromVapi(kind, variable string, sign signature) Sample {
	return Sample{
		Name: "vapi-" + kind, Provider: "vapi", Variable: variable, path: "/webhooks/vapi", sign: sign,
		body: fill(`{"message":{"type":"status-update","timestamp":{ms},"status":"in-progress","call":{"id":"call-sample","type":"inboundPhoneCall"}}}`),
	}
}

// ofACall is a message that Vapi waits for an answer to.
func ofACall(kind, body string) Sample {
	sample := fromVapi(kind, "VAPI_WEBHOOK_SECRETS", standardWebhooks)
	sample.body = fill(body)
	return sample
}

func fromZoom(kind, body string) Sample {
	return Sample{
		Name: "zoom-" + kind, Provider: "zoom", Variable: "ZOOM_WEBHOOK_SECRETS", path: "/webhooks/zoom", body: fill(body),
		sign: stamped{
			header: verify.ZoomHeader, timeHeader: verify.ZoomTimestampHeader, stamp: seconds, before: "v0:", between: ":", sign: "v0=", encode: hexOf,
		}.make,
	}
}
