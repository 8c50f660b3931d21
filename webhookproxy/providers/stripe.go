package providers

import (
	"errors"
	"slices"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/workflows/kit"
)

// stripeTypes are the events that a PaymentPlan acts on.
var stripeTypes = []string{
	"checkout.session.completed", "checkout.session.expired",
	"payment_intent.succeeded", "payment_intent.payment_failed", "charge.refunded",
}

// stripe: one event a post; the plan is named in the object's metadata, which
// this system wrote.
func stripe(Config) Provider {
	return Provider{
		Name: "stripe", BodyLimit: 256 * kilobyte, Budget: 8 * time.Second, Remember: rememberRetries,
		Schemes: []Scheme{signs("STRIPE_WEBHOOK_SECRETS", verify.NewStripe)},
		Types:   stripeTypes,
		Routes:  []Route{{Path: "/webhooks/stripe", Events: stripeEvents}},
	}
}

// stripeEvent is the part of an event that is read. Account is set for events
// of connected accounts.
type stripeEvent struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Account string `json:"account"`
	Created int64  `json:"created"`
	Data    struct {
		Object struct {
			ID       string            `json:"id"`
			Metadata map[string]string `json:"metadata"`
		} `json:"object"`
	} `json:"data"`
}

func stripeEvents(delivery Delivery) ([]Event, error) {
	var told stripeEvent
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if told.ID == "" || told.Type == "" {
		return nil, errors.New("the event has no id or no type")
	}
	event := Event{Account: told.Account, ID: told.ID, Type: told.Type}
	if !slices.Contains(stripeTypes, told.Type) {
		return []Event{event}, nil
	}
	target := told.Data.Object.Metadata["workflowId"]
	if !isTarget(target, prefixPayment) || told.Data.Object.ID == "" {
		event.Foreign = true
		return []Event{event}, nil
	}
	event.Signal = &Signal{WorkflowID: target, Name: kit.SignalPayment, Fact: kit.Fact{
		ID: told.ID, Provider: "stripe", Type: told.Type, Object: told.Data.Object.ID,
		OccurredAt: time.Unix(told.Created, 0).UTC(),
	}}
	return []Event{event}, nil
}
