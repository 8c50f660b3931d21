package health

import (
	"context"
	"errors"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "health."

// Activities are the registered activities of the port. They are on the queue
// of each capability, with that queue's provider.
type Activities struct {
	Provider Provider
}

// Ping is the activity behind the helper of the same name. It fails only if the
// worker stops meanwhile: then nothing is known about the provider.
func (a *Activities) Ping(ctx context.Context, _ Question) (Answer, error) {
	err := a.Provider.Ping(ctx)
	if err != nil && ctx.Err() != nil {
		return Answer{}, failure.ToTemporal(err)
	}
	return Answer{Provider: a.Provider.Name(), Trouble: trouble(err)}, nil
}

// Ping asks the provider that serves a queue.
func Ping(ctx workflow.Context, queue string) options.Result[Answer] {
	return options.Read[Question, Answer](ctx, options.Probe, queue, Prefix+"Ping", "ping "+queue, Question{})
}

func trouble(err error) *Trouble {
	var known *failure.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &known):
		return &Trouble{Class: failure.Ambiguous}
	}
	return &Trouble{Class: known.Class, Code: known.Short()}
}
