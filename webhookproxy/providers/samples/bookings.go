package samples

import (
	"time"

	"guestjourney/internal/verify"
)

var bookings = []Sample{
	{
		Name: "cal", Provider: "cal", Variable: "CAL_WEBHOOK_SECRETS", path: "/webhooks/cal", sign: signingBody(verify.CalHeader, ""),
		body: fill(`{"triggerEvent":"BOOKING_CREATED","createdAt":"{iso}","payload":{"uid":"b{ms}","title":"Intake","startTime":"2027-03-02T15:00:00Z"}}`),
	},
	fromGoogle("exists", millis),
	fromGoogle("sync", func(time.Time) string { return "1" }),
}

// fromGoogle is a push without a body: all of it is in headers.
func fromGoogle(state string, number func(time.Time) string) Sample {
	return asBearer(Sample{
		Name: "google-" + state, Provider: "google", Variable: "GOOGLE_CHANNEL_TOKENS", path: "/webhooks/google", body: fill(""),
		sign: func(secret string, message *verify.Message, at time.Time) error {
			for name, value := range map[string]string{
				"Channel-Token": secret, "Channel-ID": "channel-sample", "Message-Number": number(at), "Resource-State": state, "Resource-ID": "r1",
				"Resource-URI": "https://www.googleapis.com/calendar/v3/calendars/sample/events?alt=json",
			} {
				message.Header.Set("X-Goog-"+name, value)
			}
			return nil
		},
	})
}
