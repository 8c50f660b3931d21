package samples

import (
	"crypto/sha1" //nolint:gosec // Twilio's scheme is HMAC-SHA1
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

var messages = []Sample{
	fromTwilio("inbound", "", "MessageSid", "SM", "&From=%2B15005550006&To=%2B15005550001&Body=When+is+my+session%3F&NumMedia=0"),
	fromTwilio("status", "?workflow=journey%2Fsample&op=1", "MessageSid", "SM", "&MessageStatus=delivered&To=%2B15005550006"),
	fromTwilio("taskrouter", "", "EventSid", "EV", "&EventType=reservation.accepted&WorkspaceSid=WS00000000000000000000000000000001"),
	{
		Name: "twilio-verify", Provider: "twilio", Variable: "TWILIO_AUTH_TOKEN", path: "/webhooks/twilio/verify",
		body: fill("uuid=00000000-0000-4000-8000-{ms}&type=challenge.approved&account_sid=AC00000000000000000000000000000001&factor_type=push"),
		sign: signTwilio,
	},
	fromWhatsApp("meta", "META_APP_SECRETS", signingBody(verify.MetaHeader, "sha256="), whatsAppMessage),
	fromWhatsApp("status", "META_APP_SECRETS", signingBody(verify.MetaHeader, "sha256="), whatsAppStatus),
	fromWhatsApp("360dialog", "DIALOG360_PARTNER_SECRETS", signingBody(verify.Dialog360Header, ""), whatsAppMessage),
	asBearer(fromWhatsApp("360dialog-direct", "DIALOG360_TOKENS", bearing("X-Webhook-Token"), whatsAppStatus)),
}

// fromTwilio is a form that is named by a SID, which here is the time.
func fromTwilio(kind, query, name, prefix, rest string) Sample {
	return Sample{
		Name: "twilio-" + kind, Provider: "twilio", Variable: "TWILIO_AUTH_TOKEN", path: "/webhooks/twilio/" + kind + query,
		body: func(at time.Time) string {
			sid := prefix + strings.Repeat("0", 32-len(millis(at))) + millis(at)
			return "AccountSid=AC00000000000000000000000000000001&" + name + "=" + sid + rest
		},
		sign: signTwilio,
	}
}

func signTwilio(secret string, message *verify.Message, _ time.Time) error {
	form, err := url.ParseQuery(string(message.Body))
	if err != nil {
		return errors.New("the sample is no form")
	}
	text := message.URL
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	message.Header.Set(verify.TwilioHeader, base64Of(macOf(sha1.New, []byte(secret), text)))
	return nil
}

const (
	whatsAppMessage = `"messages":[{"from":"15005550006","id":"wamid.sample{ms}","timestamp":"{s}","type":"text","text":{"body":"When is my session?"}}]`
	whatsAppStatus  = `"statuses":[{"id":"wamid.sample","status":"delivered","timestamp":"{s}","recipient_id":"15005550006"}]`
)

func fromWhatsApp(kind, variable string, sign signature, value string) Sample {
	return Sample{
		Name: "whatsapp-" + kind, Provider: "whatsapp", Variable: variable, path: "/webhooks/whatsapp", sign: sign,
		body: fill(`{"object":"whatsapp_business_account","entry":[{"id":"100000000000001","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",` +
			`"metadata":{"display_phone_number":"15005550001","phone_number_id":"200000000000001"},` + value + `}}]}]}`),
	}
}

func asBearer(sample Sample) Sample {
	sample.Bearer = true
	return sample
}
