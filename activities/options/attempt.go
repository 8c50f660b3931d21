package options

import (
	"context"
	"sync/atomic"

	"go.temporal.io/sdk/activity"

	"guestjourney/activities/failure"
)

// Attempt narrows an effect to the present attempt: it is the first try only
// if the step says so, Temporal has not tried before, and the run is still the
// one that asked for it.
func Attempt(ctx context.Context, effect Effect) Effect {
	info := activity.GetInfo(ctx)
	sameRun := effect.Run == "" || effect.Run == info.WorkflowExecution.RunID
	effect.FirstTry = effect.FirstTry && info.Attempt == 1 && sameRun
	return effect
}

// Perform runs a mutating call for an activity with its attempt's effect and
// hands any error to the mapper. A first try of which nothing has left says so.
func Perform[R, T any](ctx context.Context, command Command[R], mapError func(error) error, call func(context.Context, Effect, R) (T, error)) (T, error) {
	effect := Attempt(ctx, command.Effect)
	sent := &atomic.Bool{}
	result, err := call(context.WithValue(ctx, sentKey{}, sent), effect, command.Request)
	if effect.FirstTry && !sent.Load() {
		err = failure.Unsent(err)
	}
	return result, mapError(err)
}

type sentKey struct{}

// Sending notes, for Perform, that a request of its call is about to leave: from
// here on a repetition is no first try. Outside of Perform it does nothing.
func Sending(ctx context.Context) {
	if sent, ok := ctx.Value(sentKey{}).(*atomic.Bool); ok {
		sent.Store(true)
	}
}
