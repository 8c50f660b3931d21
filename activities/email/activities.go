package email

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/wording"
)

// Prefix of the registered activity names.
const Prefix = "email."

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
	subject, body, err := a.Wording.Email(message.Template, message.Locale, message.Params)
	if err != nil {
		return Receipt{}, err
	}
	return a.Sender.Send(ctx, effect, Mail{
		To: message.To, Name: message.Name, Subject: subject, Text: body,
		WorkflowID: message.WorkflowID, Tracking: message.Tracking, Marketing: message.Marketing,
	})
}

// Send schedules one e-mail.
func Send(ctx workflow.Context, effect options.Effect, request Message) options.Result[Receipt] {
	return options.Mutate[Message, Receipt](ctx, options.Outside.At(wording.Priority(request.Template, request.Marketing)), options.QueueEmail, Prefix+"Send", "e-mail: "+request.Template, effect, request)
}
