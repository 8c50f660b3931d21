package options

import (
	"context"

	"go.temporal.io/sdk/activity"
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
// hands any error to the mapper.
func Perform[R, T any](ctx context.Context, command Command[R], mapError func(error) error, call func(context.Context, Effect, R) (T, error)) (T, error) {
	result, err := call(ctx, Attempt(ctx, command.Effect), command.Request)
	return result, mapError(err)
}
