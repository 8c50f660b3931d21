package health

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "health."

// codeOpen stands for a ping that an open circuit kept in the house.
const codeOpen = "circuit_open"

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
	return &Trouble{Class: known.Class, Code: code(known)}
}

// codeForm is the form of a code; anything else could be a text.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func code(known *failure.Error) string {
	switch {
	case known.OpenFor > 0:
		return codeOpen
	case codeForm.MatchString(known.Code):
		return known.Code
	case known.Status != 0:
		return "status_" + strconv.Itoa(known.Status)
	}
	return ""
}
