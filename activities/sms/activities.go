package sms

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/wording"
)

// Prefix of the registered activity names.
const Prefix = "sms."

// Activities are the registered activities of the port.
type Activities struct {
	Sender  Sender
	Wording *wording.Book
}

// Send is the activity behind the helper of the same name.
func (a *Activities) Send(ctx context.Context, command options.Command[Message]) (Receipt, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.send)
}

func (a *Activities) send(ctx context.Context, effect options.Effect, message Message) (Receipt, error) {
	body, err := a.Wording.SMS(message.Template, message.Locale, effect.Key, message.Params)
	if err != nil {
		return Receipt{}, err
	}
	return a.Sender.Send(ctx, effect, Text{
		To: message.To, Body: body, WorkflowID: message.WorkflowID, Marketing: message.Marketing,
	})
}

// Delivery is the activity behind ReadDelivery.
func (a *Activities) Delivery(ctx context.Context, request DeliveryRequest) (Delivery, error) {
	delivery, err := a.Sender.Delivery(ctx, request)
	return delivery, failure.ToTemporal(err)
}

// Send schedules one text message.
func Send(ctx workflow.Context, effect options.Effect, request Message) options.Result[Receipt] {
	return options.Mutate[Message, Receipt](ctx, options.Outside.At(wording.Priority(request.Template, request.Marketing)), options.QueueSMS, Prefix+"Send", "text: "+request.Template, effect, request)
}

// ReadDelivery schedules a look at what has become of a text.
func ReadDelivery(ctx workflow.Context, request DeliveryRequest) options.Result[Delivery] {
	return options.Read[DeliveryRequest, Delivery](ctx, options.Outside, options.QueueSMS, Prefix+"Delivery", "read a text's delivery", request)
}
