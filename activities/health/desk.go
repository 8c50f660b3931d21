package health

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
)

// Recipients are the staff who are told of a provider that is down, and of its
// return. None is no error: then nobody is told.
type Recipients struct {
	Phones []string `json:"phones,omitempty"` // E.164
	Emails []string `json:"emails,omitempty"`
}

// TextPlan says how the sending of texts is tried out.
type TextPlan struct {
	// To is a number of the house's own, in E.164; empty means that no text is
	// sent to try it.
	To string `json:"to,omitempty"`
	// Every is how long one that has arrived proves enough.
	Every options.Duration `json:"every,omitempty"`
}

// Desk are the activities that know the house's own addresses. They are the
// worker's configuration, read when they are needed: whoever is on duty may
// change from one start of the workers to the next.
type Desk struct {
	Staff Recipients
	Text  TextPlan
}

// Recipients is the activity behind AskRecipients.
func (d *Desk) Recipients(context.Context, Question) (Recipients, error) { return d.Staff, nil }

// TextPlan is the activity behind AskTextPlan.
func (d *Desk) TextPlan(context.Context, Question) (TextPlan, error) { return d.Text, nil }

// AskRecipients asks who is told. It goes nowhere, so its effect is of no use to
// it: it is there to be a step's call.
func AskRecipients(ctx workflow.Context, _ options.Effect, question Question) options.Result[Recipients] {
	return options.Read[Question, Recipients](ctx, options.Inside, options.QueueJourneys, Prefix+"Recipients", "who is told", question)
}

// AskTextPlan asks how the sending of texts is tried out.
func AskTextPlan(ctx workflow.Context) options.Result[TextPlan] {
	return options.Read[Question, TextPlan](ctx, options.Inside, options.QueueJourneys, Prefix+"TextPlan", "where to a text is sent", Question{})
}
