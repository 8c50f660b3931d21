// Package sms is the port for text messages.
//
// Called by GuestJourney, Appointment and GuestProfile for guests, and by the
// workflows of health for staff. The words come from
// activities/wording, so that a history holds a template's name and not a
// text. It promises that a text carries no health data.
package sms

import (
	"context"

	"guestjourney/activities/options"
)

// Message asks for one text message.
type Message struct {
	To         string            `json:"to"`       // E.164
	Template   string            `json:"template"` // a name of activities/wording
	Locale     string            `json:"locale"`   // "en", "es"
	Params     map[string]string `json:"params,omitempty"`
	WorkflowID string            `json:"workflowId"` // who receives message_status
	// Marketing makes the message at most once: if its fate is unknown it is
	// dropped. Everything else is exactly once.
	Marketing bool `json:"marketing,omitempty"`
}

// Text is a rendered message, as the adapter sends it.
type Text struct {
	To         string
	Body       string // ends with the reference of the effect, see wording.SMS
	WorkflowID string
	Marketing  bool
}

// Receipt is the provider's answer.
type Receipt struct {
	ID string `json:"id,omitempty"`
	// Blocked: the provider refused because the number has opted out (Twilio
	// 21610). Not an error: the profile closes the channel.
	Blocked bool `json:"blocked,omitempty"`
	// Dropped: a marketing message whose earlier try may have been sent.
	Dropped bool `json:"dropped,omitempty"`
}

// DeliveryState is what is known of a text's way.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryPending   DeliveryState = "pending" // on its way, as far as anybody knows
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed" // will never arrive
)

// DeliveryRequest asks for the fate of one text.
type DeliveryRequest struct {
	ID string `json:"id"` // Receipt.ID
}

// Delivery is the fate of one text so far.
type Delivery struct {
	State DeliveryState `json:"state"`
	// Code is the provider's reason of a failed one, if it has told one.
	Code string `json:"code,omitempty"`
}

// Sender sends text messages. Errors are *failure.Error.
type Sender interface {
	// Send sends a text. Exactly once (look-up by recipient, day and body, which
	// carries a reference of the effect); at most once for marketing.
	Send(context.Context, options.Effect, Text) (Receipt, error)
	// Delivery reads what has become of a text. Changes nothing.
	Delivery(context.Context, DeliveryRequest) (Delivery, error)
}
