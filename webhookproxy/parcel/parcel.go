// Package parcel is a verified event on its way to a workflow, in the forms it
// takes there.
//
// Called by the gateway, which makes one of each event and puts it into the
// inbox if Temporal does not take it, and by the forwarder, which takes it out
// again. It owns the names of an event (its key and its request ID) and how it
// is written down. It promises that what comes out of the inbox is what went in,
// and that the names never change.
package parcel

import (
	"encoding/json"
	"fmt"
	"time"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/providers"
	inboundevent "guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

// Parcel is one event with everything that is needed to deliver it.
type Parcel struct {
	Key        inbox.Key
	RequestID  string
	Provider   string
	Account    string
	Type       string
	ReceivedAt time.Time
	// Remember is how long the event is recognised after it was taken.
	Remember time.Duration
	// Moot: nobody needs the event once its workflow has closed.
	Moot   bool
	Signal providers.Signal
}

// New makes the parcel of an event, which has a signal.
func New(provider providers.Provider, event providers.Event, receivedAt time.Time) Parcel {
	key := keyOf(provider, event)
	return Parcel{
		Key: key, RequestID: requestID(key), Provider: provider.Name, Account: event.Account, Type: event.Type,
		ReceivedAt: receivedAt, Remember: provider.Remember, Moot: event.Moot, Signal: *event.Signal,
	}
}

func keyOf(provider providers.Provider, event providers.Event) inbox.Key {
	return KeyOf(provider.Name, event.Account, event.ID)
}

// RequestID is what Temporal knows an event by, also one that has no signal.
func RequestID(provider providers.Provider, event providers.Event) string {
	return requestID(keyOf(provider, event))
}

// written is what is sealed in the inbox: all that may hold personal data, and
// what nobody looks for.
type written struct {
	Name     string        `json:"name"`
	Fact     kit.Fact      `json:"fact"`
	Start    *kit.Start    `json:"start,omitempty"`
	Remember time.Duration `json:"remember"`
	Moot     bool          `json:"moot,omitempty"`
}

// Event is the parcel as the inbox keeps it.
func (p Parcel) Event() (inbox.Event, error) {
	start, err := p.start()
	if err != nil {
		return inbox.Event{}, err
	}
	payload, err := json.Marshal(written{Name: p.Signal.Name, Fact: p.Signal.Fact, Start: start, Remember: p.Remember, Moot: p.Moot})
	if err != nil {
		return inbox.Event{}, fmt.Errorf("write down event %s of %s: %w", p.Key, p.Provider, err)
	}
	return inbox.Event{
		Key: p.Key, RequestID: p.RequestID, Provider: p.Provider, Account: p.Account, Type: p.Type, WorkflowID: p.Signal.WorkflowID,
		EventTime: p.Signal.Fact.OccurredAt, ReceivedAt: p.ReceivedAt, Payload: payload,
	}, nil
}

// unreadable is what is kept of a webhook that nothing can be made of.
type unreadable struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Body   []byte `json:"body"` // in base64
}

// Unreadable is the dead letter of a verified webhook of which no event is known,
// so it is named by its content. It has no workflow: a person reads it.
func Unreadable(provider, route string, delivery providers.Delivery) (inbox.Event, error) {
	key := KeyOf(provider, "unreadable", delivery.Method, route, string(delivery.Body))
	payload, err := json.Marshal(unreadable{Method: delivery.Method, Route: route, Body: delivery.Body})
	if err != nil {
		return inbox.Event{}, fmt.Errorf("write down webhook %s of %s: %w", key, provider, err)
	}
	return inbox.Event{
		Key: key, RequestID: requestID(key), Provider: provider, ReceivedAt: delivery.ReceivedAt, Payload: payload, DeadReason: "malformed",
	}, nil
}

// start is how the workflow begins, with its input as it will be sent.
func (p Parcel) start() (*kit.Start, error) {
	if p.Signal.Start == nil {
		return nil, nil
	}
	input, err := json.Marshal(p.Signal.Start.Input)
	if err != nil {
		return nil, fmt.Errorf("write down how %s begins: %w", p.Signal.Start.WorkflowType, err)
	}
	return &kit.Start{WorkflowType: p.Signal.Start.WorkflowType, TaskQueue: p.Signal.Start.TaskQueue, Input: input}, nil
}

// Of reads what the inbox has kept. An error means that this build does not
// understand it, and quotes nothing of it.
func Of(event inbox.Event) (Parcel, error) {
	var read written
	if err := json.Unmarshal(event.Payload, &read); err != nil {
		return Parcel{}, fmt.Errorf("event %s of %s was written by another version", event.Key, event.Provider)
	}
	p := Parcel{
		Key: event.Key, RequestID: event.RequestID, Provider: event.Provider, Account: event.Account, Type: event.Type,
		ReceivedAt: event.ReceivedAt, Remember: read.Remember, Moot: read.Moot,
		Signal: providers.Signal{WorkflowID: event.WorkflowID, Name: read.Name, Fact: read.Fact},
	}
	if read.Start != nil {
		p.Signal.Start = &providers.Start{WorkflowType: read.Start.WorkflowType, TaskQueue: read.Start.TaskQueue, Input: read.Start.Input}
	}
	return p, nil
}

// Unrouted is the input of the InboundEvent that looks for the workflow.
func (p Parcel) Unrouted() (inboundevent.Input, error) {
	start, err := p.start()
	return inboundevent.Input{
		Provider: p.Provider, Type: p.Type, Account: p.Account, Event: p.Key.String(), Target: p.Signal.WorkflowID, Signal: p.Signal.Name,
		Fact: p.Signal.Fact, ReceivedAt: p.ReceivedAt, Start: start,
	}, err
}
