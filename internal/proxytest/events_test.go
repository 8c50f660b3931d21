package proxytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"guestjourney/internal/identity"
	"guestjourney/webhookproxy/parcel"
	inboundevent "guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
)

// event is one thing that a provider tells, by the ID under which a workflow
// knows it.
type event struct {
	provider, id, target string
	at                   time.Time
	guest                int // who writes a text
}

// Names of the providers.
const (
	stripe   = "stripe"
	sendGrid = "sendgrid"
	twilio   = "twilio"
	guest    = "guest"
	// texts are Twilio's as well: a guest writes, and the claim of the number is
	// started with the signal if it is not there.
	texts = "texts"
)

const (
	twilioAccount = "AC0123456789abcdef0123456789abcdef"
	twilioStatus  = "undelivered"
)

// number makes the nth event of a provider for a workflow.
func number(provider string, n int, target string, at time.Time) event {
	id := fmt.Sprintf("%s-%d", provider, n)
	if provider == twilio {
		id = fmt.Sprintf("SM%032x:%s", n, twilioStatus)
	}
	return event{provider: provider, id: id, target: target, at: at}
}

// textOf makes the nth text, which a guest has written.
func textOf(n, guest int) event {
	return event{provider: texts, id: fmt.Sprintf("SM%032x", n), target: claimOf(guest), guest: guest}
}

func phoneOf(guest int) string { return fmt.Sprintf("+5255123456%02d", guest) }

func claimOf(guest int) string {
	return identity.ClaimID(identityKey, identity.KindPhone, phoneOf(guest))
}

func refOf(guest int) string { return fmt.Sprint("writes-", guest) }

// owner is the workflow that has the effect: a claim hands its facts on to the
// guest that it is bound to.
func (e event) owner() string {
	if e.provider == texts {
		return "guest/" + refOf(e.guest)
	}
	return e.target
}

// dated says whether the provider tells when it happened; else it is when it
// was received.
func (e event) dated() bool { return e.provider != twilio && e.provider != texts }

// unrouted is the ID of the InboundEvent that it becomes without a workflow.
func (e event) unrouted() string {
	account := ""
	if e.provider == twilio {
		account = twilioAccount
	}
	return inboundevent.ID(e.provider, parcel.KeyOf(e.provider, account, e.id).String())
}

// post is one request: an event, or a list of SendGrid's.
type post struct {
	path, body string
	sign       func(h *house, p post) http.Header
	events     []event
	// at is when it is sent, and again when it is repeated after it was taken.
	at    time.Duration
	again []time.Duration
}

func postOf(events ...event) post {
	first := events[0]
	p := post{events: events}
	switch first.provider {
	case stripe:
		p.path, p.sign = "/webhooks/stripe", signStripe
		p.body = text(map[string]any{
			"id": first.id, "type": "payment_intent.succeeded", "created": first.at.Unix(),
			"data": map[string]any{"object": map[string]any{"id": "pi_1", "metadata": map[string]string{"workflowId": first.target}}},
		})
	case sendGrid:
		p.path, p.sign = "/webhooks/sendgrid", signSendGrid
		list := make([]map[string]any, len(events))
		for i, one := range events {
			list[i] = map[string]any{
				"sg_event_id": one.id, "event": "bounce", "sg_message_id": "m", "timestamp": one.at.Unix(), "workflowId": one.target,
			}
		}
		p.body = text(list)
	case twilio:
		p.path, p.sign = "/webhooks/twilio/status?"+url.Values{"workflow": {first.target}}.Encode(), signTwilio
		p.body = url.Values{
			"MessageSid": {first.id[:34]}, "AccountSid": {twilioAccount}, "MessageStatus": {twilioStatus}, "ErrorCode": {"30003"},
		}.Encode()
	case texts:
		p.path, p.sign = "/webhooks/twilio/inbound", signTwilio
		p.body = url.Values{
			"MessageSid": {first.id}, "AccountSid": {twilioAccount}, "From": {phoneOf(first.guest)}, "Body": {"a question"},
		}.Encode()
	case guest:
		p.path, p.sign = "/webhooks/guest/"+journey.GuestAnswer, signGuest
		p.body = text(map[string]any{"journeyId": first.target, "occurredAt": first.at.UTC(), "data": map[string]string{"answer": "accepted"}})
	}
	return p
}

func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}
