package twilio

import (
	"context"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"guestjourney/activities/provider"
	"guestjourney/activities/sms"
)

// Delivery reads the message's own resource, because a status callback knows
// only the workflow that it is sent to.
func (s *Sender) Delivery(ctx context.Context, request sms.DeliveryRequest) (sms.Delivery, error) {
	trace := provider.Trace{Operation: operationFetch}
	message, err := s.messages(ctx, &trace).FetchMessage(request.ID, &api.FetchMessageParams{})
	if err := s.check(operationFetch, &trace, err); err != nil {
		return sms.Delivery{}, err
	}
	return delivery(message), nil
}

// delivery reads Twilio's status of a message. "sent" says that the carrier has
// it, which is not yet its arrival.
func delivery(message *api.ApiV2010Message) sms.Delivery {
	state := sms.DeliveryPending
	switch status(message) {
	case "delivered", "read":
		state = sms.DeliveryDelivered
	case "failed", "undelivered", "canceled":
		state = sms.DeliveryFailed
	}
	found := sms.Delivery{State: state}
	if state == sms.DeliveryFailed && message.ErrorCode != nil {
		found.Code = text(*message.ErrorCode)
	}
	return found
}

func status(message *api.ApiV2010Message) string {
	if message.Status == nil {
		return ""
	}
	return *message.Status
}
