package providers

import (
	"errors"
	"net/url"
	"regexp"
)

// The exact form of what names an event: see twilioMessageSID.
var (
	twilioEventSID   = regexp.MustCompile(`^EV[0-9a-f]{32}$`)
	twilioVerifyUUID = regexp.MustCompile(`^[0-9A-Za-z-]{32,40}$`)
	twilioKind       = regexp.MustCompile(`^[a-z0-9_.-]{1,64}$`)
)

// twilioTaskRouter: events of TaskRouter, and of Flex, which sends its own
// through it.
func twilioTaskRouter(delivery Delivery) ([]Event, error) {
	return twilioNamed(delivery, "AccountSid", "EventSid", "EventType", twilioEventSID)
}

// twilioVerify: events of Verify Push.
func twilioVerify(delivery Delivery) ([]Event, error) {
	return twilioNamed(delivery, "account_sid", "uuid", "type", twilioVerifyUUID)
}

// twilioNamed reads a form that names its event itself.
func twilioNamed(delivery Delivery, account, id, kind string, form *regexp.Regexp) ([]Event, error) {
	fields, err := url.ParseQuery(string(delivery.Body))
	if err != nil {
		return nil, errors.New("the body is no form")
	}
	for name, want := range map[string]*regexp.Regexp{account: twilioAccountSID, id: form, kind: twilioKind} {
		if len(fields[name]) != 1 || !want.MatchString(fields.Get(name)) {
			return nil, errors.New(account + ", " + id + " or " + kind + " is missing, repeated or malformed")
		}
	}
	return []Event{{Account: fields.Get(account), ID: fields.Get(id), Type: fields.Get(kind)}}, nil
}
