package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// vapi: one message of a call a post. Vapi gives it no ID, and sends it once
// unless a backoff plan is set. An assistant's request waits 7.5 seconds.
//
// Set the credential up as Standard Webhooks if you can; the ID that this puts
// into a header is not used, because under the other schemes nobody signs it.
func vapi(Config) Provider {
	return Provider{
		Name: "vapi", BodyLimit: megabyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{
			signs("VAPI_WEBHOOK_SECRETS", verify.NewStandard),
			signs("VAPI_HMAC_SECRETS", verify.NewVapi),
			bears("VAPI_LEGACY_SECRETS", verify.VapiSecretHeader),
		},
		Routes: []Route{{Path: "/webhooks/vapi", Events: one(vapiMessage.event)}},
	}
}

// vapiMessage is the part of a message that is read.
type vapiMessage struct {
	Message struct {
		Type      text `json:"type"`
		Timestamp text `json:"timestamp"`
		Status    text `json:"status"`
		Call      struct {
			ID text `json:"id"`
		} `json:"call"`
		ToolCalls []struct {
			ID text `json:"id"`
		} `json:"toolCallList"`
	} `json:"message"`
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
