package providers

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"time"

	"guestjourney/activities/options"
	"guestjourney/internal/identity"
	"guestjourney/internal/verify"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// twilioFinal are the states of a message that a workflow hears of. Those on
// the way there (queued, sending, sent) tell nothing that is acted on.
var twilioFinal = []string{"delivered", "undelivered", "failed"}

// messageIn is our name for an inbound text; Twilio's request has none.
const messageIn = "message_in"

// twilio: one message a post, as a form. A text goes to the claim of its
// sender's number; a status goes to the workflow named in the URL that this
// system gave Twilio and Twilio signed.
//
// The answer to a text is the empty TwiML, and asks no workflow, though an
// Event's Asks could: what a guest is told goes out as a message of the journey,
// with an effect key, a consent and quiet hours. Words in an answer would have
// none of them, and be lost with it.
func twilio(config Config) Provider {
	inbound := func(delivery Delivery) ([]Event, error) { return twilioInbound(delivery, config.IdentityKey) }
	return Provider{
		Name: "twilio", BodyLimit: 64 * kilobyte, Budget: 8 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{signs("TWILIO_AUTH_TOKEN", verify.NewTwilio).withURL().undated()},
		Types:   append([]string{messageIn}, twilioFinal...),
		Routes: []Route{
			{Path: "/webhooks/twilio/inbound", Events: inbound, Accepted: &Answer{ContentType: "text/xml; charset=utf-8", Body: "<Response/>"}},
			{Path: "/webhooks/twilio/status", Events: twilioStatus},
			{Path: "/webhooks/twilio/verify", Events: twilioVerify},
			{Path: "/webhooks/twilio/taskrouter", Events: twilioTaskRouter},
		},
	}
}

// Twilio signs a form without separators between names and values, so the same
// signature fits other cuts of the same text. The exact form of the two SIDs
// leaves no other cut that is accepted.
var (
	twilioMessageSID = regexp.MustCompile(`^(SM|MM)[0-9a-f]{32}$`)
	twilioAccountSID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	twilioNumber     = regexp.MustCompile(`^\+[0-9]{7,15}$`)
)

// twilioForm reads the form and the fields that every event has. A key that is
// there twice has no one meaning.
func twilioForm(delivery Delivery) (url.Values, error) {
	form, err := url.ParseQuery(string(delivery.Body))
	if err != nil {
		return nil, errors.New("the body is no form")
	}
	for _, name := range []string{"MessageSid", "AccountSid", "From", "Body", "MessageStatus", "ErrorCode", "OptOutType"} {
		if len(form[name]) > 1 {
			return nil, errors.New("a field is there twice")
		}
	}
	if !twilioMessageSID.MatchString(form.Get("MessageSid")) || !twilioAccountSID.MatchString(form.Get("AccountSid")) {
		return nil, errors.New("MessageSid or AccountSid is missing or malformed")
	}
	return form, nil
}

func twilioInbound(delivery Delivery, identityKey []byte) ([]Event, error) {
	form, err := twilioForm(delivery)
	if err != nil {
		return nil, err
	}
	sid := form.Get("MessageSid")
	event := Event{Account: form.Get("AccountSid"), ID: sid, Type: messageIn}
	number, isPhone := textedFrom(form.Get("From"))
	if !isPhone {
		event.Foreign = true
		return []Event{event}, nil
	}
	data := map[string]string{"body": form.Get("Body"), "from": form.Get("From")}
	if kind := form.Get("OptOutType"); kind != "" {
		data["optOutType"] = kind
	}
	event.Signal = &Signal{
		WorkflowID: identity.ClaimID(identityKey, identity.KindPhone, number), Name: kit.SignalMessageIn,
		Fact: kit.Fact{
			ID: sid, Provider: "twilio", Type: messageIn, Object: sid, OccurredAt: delivery.ReceivedAt, Data: data,
		},
		Start: &Start{
			WorkflowType: profile.ClaimType, TaskQueue: options.QueueJourneys,
			Input: profile.ClaimInput{Kind: profile.KindPhone},
		},
	}
	return []Event{event}, nil
}

// textedFrom returns the canonical number of a text's sender. A short code, a
// name or another channel's address ("whatsapp:...") is nobody's phone.
func textedFrom(from string) (number string, isPhone bool) {
	if !twilioNumber.MatchString(from) {
		return "", false
	}
	number, err := identity.Phone("", from)
	return number, err == nil
}

func twilioStatus(delivery Delivery) ([]Event, error) {
	form, err := twilioForm(delivery)
	if err != nil {
		return nil, err
	}
	status := form.Get("MessageStatus")
	if status == "" {
		return nil, errors.New("MessageStatus is missing")
	}
	id := form.Get("MessageSid") + ":" + status
	event := Event{Account: form.Get("AccountSid"), ID: id, Type: status}
	if !slices.Contains(twilioFinal, status) {
		return []Event{event}, nil
	}
	target := signedWorkflow(delivery.URL)
	if !isTarget(target, prefixJourney, prefixAppointment) {
		event.Foreign = true
		return []Event{event}, nil
	}
	fact := kit.Fact{ID: id, Provider: "twilio", Type: status, Object: form.Get("MessageSid"), OccurredAt: delivery.ReceivedAt}
	if code := form.Get("ErrorCode"); code != "" {
		fact.Data = map[string]string{"errorCode": code}
	}
	event.Moot = true // whom a message could still concern is gone
	event.Signal = &Signal{WorkflowID: target, Name: kit.SignalMessageStatus, Fact: fact}
	return []Event{event}, nil
}

// signedWorkflow reads the query parameter "workflow" of a signed URL; one that
// is there twice names nothing.
func signedWorkflow(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	query, err := url.ParseQuery(parsed.RawQuery)
	if err != nil || len(query["workflow"]) != 1 {
		return ""
	}
	return query.Get("workflow")
}
