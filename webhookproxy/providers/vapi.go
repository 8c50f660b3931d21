package providers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guestjourney/activities/options"
	"guestjourney/internal/identity"
	"guestjourney/internal/verify"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// The messages that Vapi waits for an answer to.
const (
	vapiAssistant = "assistant-request"
	vapiTools     = "tool-calls"
	vapiTransfer  = "transfer-destination-request"
	vapiKnowledge = "knowledge-base-request"
)

// vapiTypes are those acted on.
var vapiTypes = []string{vapiAssistant, vapiTools, vapiTransfer}

// vapi: one message of a call a post. Vapi gives it no ID, and sends it once
// unless a backoff plan is set. The caller is who the telephone network says, and
// that can be forged: see the journey's answers. An assistant's request waits 7.5
// seconds from end to end, and a tool 20 unless it is set otherwise: the budget
// is below both.
//
// Set the credential up as Standard Webhooks if you can; the ID that this puts
// into a header is not used, because under the other schemes nobody signs it.
func vapi(config Config) Provider {
	return Provider{
		Name: "vapi", BodyLimit: megabyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{
			signs("VAPI_WEBHOOK_SECRETS", verify.NewStandard),
			signs("VAPI_HMAC_SECRETS", verify.NewVapi),
			bears("VAPI_LEGACY_SECRETS", verify.VapiSecretHeader).insteadOf("VAPI_WEBHOOK_SECRETS"),
		},
		Types: vapiTypes,
		Routes: []Route{{Path: "/webhooks/vapi", Events: func(delivery Delivery) ([]Event, error) {
			return vapiEvents(delivery, config)
		}}},
	}
}

// vapiMessage is the part of a message that is read.
type vapiMessage struct {
	Message struct {
		Type      text         `json:"type"`
		Timestamp text         `json:"timestamp"`
		Status    text         `json:"status"`
		Customer  vapiCustomer `json:"customer"`
		Call      struct {
			ID       text         `json:"id"`
			Customer vapiCustomer `json:"customer"`
		} `json:"call"`
		ToolCalls []vapiToolCall `json:"toolCallList"`
	} `json:"message"`
}

type vapiCustomer struct {
	Number text `json:"number"`
}

// vapiToolCall has its name where the guides show it, or where the API's
// description says it is.
type vapiToolCall struct {
	ID       text `json:"id"`
	Name     text `json:"name"`
	Function struct {
		Name text `json:"name"`
	} `json:"function"`
}

func (c vapiToolCall) name() string {
	if c.Name != "" {
		return string(c.Name)
	}
	return string(c.Function.Name)
}

// Bounds of the tool calls of one message; models make a handful.
const (
	maxToolCalls = 20
	maxToolID    = 200
	maxToolName  = 64
)

func vapiEvents(delivery Delivery, config Config) ([]Event, error) {
	if !isObject(delivery.Body) {
		return nil, errNotJSON
	}
	var told vapiMessage
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if err := told.checkTools(); err != nil {
		return nil, err
	}
	event := told.event(delivery)
	call := vapiCall{id: short(string(told.Message.Call.ID)), assistants: config.Assistants}
	number, known := told.caller()
	if known {
		call.claim = identity.ClaimID(config.IdentityKey, identity.KindPhone, number)
		call.promise = call.promised(number, delivery.ReceivedAt)
	}
	event.Asks = told.question(call)
	switch {
	case !slices.Contains(vapiTypes, event.Type):
	case !known || event.Type == vapiTools && !told.offered():
		event.Foreign = true
	default:
		event.Signal = call.signal(kit.Fact{
			ID: event.ID, Type: event.Type, OccurredAt: delivery.ReceivedAt,
			Data: map[string]string{"from": number, "tools": told.toolNames()},
		})
	}
	return []Event{event}, nil
}

// event: a message without a time or a tool call is told from the call's others
// by its content alone.
func (v vapiMessage) event(delivery Delivery) Event {
	message := v.Message
	event := Event{Type: string(message.Type), ID: content(delivery.Body)}
	if message.Call.ID == "" || message.Timestamp == "" && len(message.ToolCalls) == 0 {
		return event
	}
	parts := []string{string(message.Call.ID), string(message.Type), string(message.Timestamp), string(message.Status)}
	for _, call := range message.ToolCalls {
		parts = append(parts, string(call.ID))
	}
	event.ID = digest(parts...)
	return event
}

// checkTools refuses what cannot be answered one by one.
func (v vapiMessage) checkTools() error {
	if len(v.Message.ToolCalls) > maxToolCalls {
		return fmt.Errorf("more than %d tool calls", maxToolCalls)
	}
	for _, call := range v.Message.ToolCalls {
		if call.ID == "" || len(call.ID) > maxToolID || len(call.name()) > maxToolName {
			return fmt.Errorf("toolCallList: want an ID of 1 to %d bytes and a name of at most %d", maxToolID, maxToolName)
		}
	}
	return nil
}

// caller is the canonical number of who calls; a web call has none, nor has a
// caller who hides it.
func (v vapiMessage) caller() (number string, known bool) {
	given := v.Message.Call.Customer.Number
	if given == "" {
		given = v.Message.Customer.Number
	}
	return textedFrom(string(given))
}

// offered says whether a tool call is of a tool that we offer: others belong to
// another system that shares the account.
func (v vapiMessage) offered() bool {
	return slices.ContainsFunc(v.Message.ToolCalls, func(call vapiToolCall) bool {
		return slices.Contains([]string{journey.ToolAppointment, journey.ToolPaymentLink, journey.ToolPerson}, call.name())
	})
}

func (v vapiMessage) toolNames() string {
	var names []string
	for _, call := range v.Message.ToolCalls {
		names = append(names, call.name())
	}
	return strings.Join(names, ",")
}

// vapiCall is a telephone call with what its answers need.
type vapiCall struct {
	id         string // Vapi's
	claim      string // workflow ID of the caller's number; empty if it is hidden
	assistants Assistants
	promise    *Event
}

// signal goes to the claim of the caller's number, as a text does.
func (c vapiCall) signal(fact kit.Fact) *Signal {
	fact.Provider, fact.Object = "vapi", c.id
	return &Signal{
		WorkflowID: c.claim, Name: kit.SignalCall, Fact: fact,
		Start: &Start{WorkflowType: profile.ClaimType, TaskQueue: options.QueueJourneys, Input: profile.ClaimInput{Kind: profile.KindPhone}},
	}
}

// promised is that somebody calls back: once for a call, however often it was
// said in it.
func (c vapiCall) promised(number string, at time.Time) *Event {
	id := digest(profile.FactCallBack, c.id)
	return &Event{ID: id, Type: profile.FactCallBack, Signal: c.signal(kit.Fact{
		ID: id, Type: profile.FactCallBack, OccurredAt: at, Data: map[string]string{"from": number},
	})}
}
