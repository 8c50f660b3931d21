// Package email is the port for e-mail.
//
// Called by GuestJourney and Appointment. The words come from
// activities/wording. It promises that a mail carries no health data.
package email

import (
	"context"

	"guestjourney/activities/options"
)

// Tracking switches the provider's tracking per message.
type Tracking struct {
	Opens  bool `json:"opens"`
	Clicks bool `json:"clicks"`
}

// Message asks for one e-mail.
type Message struct {
	To         string            `json:"to"`
	Name       string            `json:"name,omitempty"`
	Template   string            `json:"template"` // a name of activities/wording
	Locale     string            `json:"locale"`
	Params     map[string]string `json:"params,omitempty"`
	WorkflowID string            `json:"workflowId"` // who receives email_event
	Tracking   Tracking          `json:"tracking"`
	// Marketing makes the mail at most once: if its fate is unknown it is
	// dropped. Without a look-up everything else is at least once.
	Marketing bool `json:"marketing,omitempty"`
}

// Mail is a rendered message, as the adapter sends it.
type Mail struct {
	To, Name   string
	Subject    string
	Text       string
	WorkflowID string
	Tracking   Tracking
	Marketing  bool
}

// Receipt is the provider's answer.
type Receipt struct {
	ID string `json:"id,omitempty"`
	// Dropped: a marketing mail whose earlier try may have been sent.
	Dropped bool `json:"dropped,omitempty"`
}

// Sender sends e-mail. Errors are *failure.Error.
type Sender interface {
	// Send sends a mail. Exactly once with the provider's activity look-up;
	// else at least once, and at most once for marketing.
	Send(context.Context, options.Effect, Mail) (Receipt, error)
}
