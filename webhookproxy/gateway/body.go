package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
)

// Asker asks a workflow. A call returns when its context ends. Its errors quote
// nothing of what was asked or answered.
type Asker interface {
	// Ask makes an update, waits until it is completed, and reads the result. The
	// same workflow and ID twice is one update, with one result.
	Ask(ctx context.Context, update Update) error
}

// Update is one question to one workflow.
type Update struct {
	WorkflowID string
	ID         string
	Name       string
	Input      any
	Result     any // a pointer
}

// Where a body came from.
const (
	bodyFound    = "found"    // workflows gave it, or none was needed
	bodyFixed    = "fixed"    // they did not answer in time
	bodyWithheld = "withheld" // nor could what the fixed one promises be made durable
)

// promiseShare of the budget is up when Temporal must have a promise; the rest
// is the inbox's.
const promiseShare = 0.85

var (
	errNoAsker = errors.New("nobody asks workflows here")
	// errNotThere: what waits in the inbox no workflow knows of.
	errNotThere = errors.New("the event is not with Temporal yet")
)

// body is what an event asks for, once every event of the delivery has been
// decided on; nil if nobody asks, or if there is nothing that may be said. The
// context ends when it is time for the fixed body.
func (g *Gateway) body(ctx context.Context, in *request, events []providers.Event, decisions []string) *providers.Answer {
	for i, event := range events {
		if event.Asks != nil && decisions[i] != decisionUnavailable {
			return g.answerFor(ctx, in, event, decisions[i])
		}
	}
	return nil
}

func (g *Gateway) answerFor(ctx context.Context, in *request, event providers.Event, decision string) *providers.Answer {
	answer, err := g.ask(ctx, in, event, decision)
	if err == nil {
		g.metrics.body(in.provider, event.Type, bodyFound)
		return &answer
	}
	answer, promise := event.Asks.Otherwise()
	body := bodyFixed
	if promise != nil && !g.keep(ctx, in, *promise) {
		body = bodyWithheld
	}
	g.metrics.body(in.provider, event.Type, body)
	g.config.Logger.LogAttrs(ctx, slog.LevelWarn, "webhook answered without its workflow",
		slog.String("provider", in.provider.Name), slog.String("type", label(in.provider, event.Type)),
		slog.String("body", body), slog.String("error", err.Error()))
	if body == bodyWithheld {
		return nil
	}
	return &answer
}

// ask lets the question find its answer. All of its updates have the event's
// own ID: a webhook that comes again is told the same, and changes nothing.
func (g *Gateway) ask(ctx context.Context, in *request, event providers.Event, decision string) (providers.Answer, error) {
	id := parcel.RequestID(in.provider, event)
	return event.Asks.Answer(ctx, func(ctx context.Context, workflowID, name string, input, result any) error {
		switch {
		case g.config.Asker == nil:
			return errNoAsker
		case decision == decisionStored:
			return errNotThere
		}
		return g.config.Asker.Ask(ctx, Update{WorkflowID: workflowID, ID: id, Name: name, Input: input, Result: result})
	})
}

// keep makes what a fixed body promises durable before it is said.
func (g *Gateway) keep(ctx context.Context, in *request, promise providers.Event) bool {
	asked := in.end.Add(-time.Duration((1 - promiseShare) * float64(in.provider.Budget)))
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), asked)
	defer cancel()
	return g.deliverOne(ctx, in, promise) != decisionUnavailable
}
