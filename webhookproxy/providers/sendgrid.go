package providers

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/workflows/kit"
)

// sendGridTypes are the events that a workflow acts on. Those on the way
// (processed, deferred) and those of tracking (open, click) are counted.
var sendGridTypes = []string{"delivered", "bounce", "dropped", "spamreport", "unsubscribe", "group_unsubscribe"}

// sendGridBatch bounds the events of one post; SendGrid documents no number.
const sendGridBatch = 2000

// maxReason bounds what a mail server says about a bounce.
const maxReason = 500

// sendGrid: a list of events a post; the workflow is named in the custom
// argument that this system put on the mail.
func sendGrid(Config) Provider {
	return Provider{
		Name: "sendgrid", BodyLimit: megabyte, Budget: 8 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{signs("SENDGRID_WEBHOOK_PUBLIC_KEYS", verify.NewSendGrid)},
		Types:   sendGridTypes,
		Routes:  []Route{{Path: "/webhooks/sendgrid", Events: sendGridEvents}},
	}
}

// sendGridItem is one event: its own fields and the mail's arguments, mixed.
// They are read one by one, so that a strange item spoils no batch.
type sendGridItem map[string]json.RawMessage

func sendGridEvents(delivery Delivery) ([]Event, error) {
	var items []sendGridItem
	if err := parse(delivery.Body, &items); err != nil {
		return nil, err
	}
	if len(items) > sendGridBatch {
		return nil, fmt.Errorf("more than %d events in one post", sendGridBatch)
	}
	events := make([]Event, 0, len(items))
	for _, item := range items {
		events = append(events, item.event(delivery.ReceivedAt))
	}
	return events, nil
}

func (item sendGridItem) event(receivedAt time.Time) Event {
	event := Event{ID: item.id(), Type: item.text("event")}
	if !slices.Contains(sendGridTypes, event.Type) {
		return event
	}
	target := item.text("workflowId")
	if !isTarget(target, prefixJourney, prefixAppointment) {
		event.Foreign = true
		return event
	}
	fact := kit.Fact{ID: event.ID, Provider: "sendgrid", Type: event.Type, Object: item.text("sg_message_id"), OccurredAt: item.time(receivedAt)}
	if reason := item.text("reason"); reason != "" {
		fact.Data = map[string]string{"reason": clip(reason, maxReason)}
	}
	event.Moot = event.Type == "delivered"
	event.Signal = &Signal{WorkflowID: target, Name: kit.SignalEmail, Fact: fact}
	return event
}

// text returns a field that is a string, or nothing.
func (item sendGridItem) text(name string) string {
	var value string
	if json.Unmarshal(item[name], &value) != nil {
		return ""
	}
	return value
}

func (item sendGridItem) time(otherwise time.Time) time.Time {
	var seconds int64
	if json.Unmarshal(item["timestamp"], &seconds) != nil {
		return otherwise
	}
	return time.Unix(seconds, 0).UTC()
}

// id is SendGrid's event ID. An item without one is named by its content: the
// same item sent again is the same event, which a random ID would deny.
func (item sendGridItem) id() string {
	if id := item.text("sg_event_id"); id != "" {
		return id
	}
	return contentOf(item)
}
