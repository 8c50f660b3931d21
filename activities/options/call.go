package options

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Effect makes a call to the outside repeatable. It travels with every request
// that changes something.
type Effect struct {
	// Key names the effect: the same over retries, resets and continue-as-new.
	Key string `json:"key"`
	// FirstTry is true only when no earlier attempt can have reached the
	// provider. An adapter without a native key looks up by Key unless it is.
	FirstTry bool `json:"firstTry"`
	// Since is when the step was first scheduled: the lower bound of look-ups.
	Since time.Time `json:"since"`
	// Run is the run that scheduled the call. A reset hands a call that was under
	// way to a new run with its old input: there it is no first try.
	Run string `json:"run,omitempty"`
}

// Command is what a mutating activity receives: one JSON value.
type Command[R any] struct {
	Effect  Effect `json:"effect"`
	Request R      `json:"request"`
}

// Result is the typed future of an activity.
type Result[T any] struct{ Future workflow.Future }

// Get waits for the activity and returns its typed result.
func (r Result[T]) Get(ctx workflow.Context) (T, error) {
	var value T
	err := r.Future.Get(ctx, &value)
	return value, err
}

// Mutate schedules an activity that has an effect. Summary is shown in the
// Temporal UI and holds no name, address or health data.
func Mutate[R, T any](ctx workflow.Context, profile Profile, queue, activity, summary string, effect Effect, request R) Result[T] {
	ctx = workflow.WithActivityOptions(ctx, profile.activityOptions(ctx, queue, summary))
	return Result[T]{workflow.ExecuteActivity(ctx, activity, Command[R]{Effect: effect, Request: request})}
}

// Read schedules an activity that changes nothing.
func Read[R, T any](ctx workflow.Context, profile Profile, queue, activity, summary string, request R) Result[T] {
	ctx = workflow.WithActivityOptions(ctx, profile.activityOptions(ctx, queue, summary))
	return Result[T]{workflow.ExecuteActivity(ctx, activity, request)}
}

// Stand schedules an activity that lasts, under an ID by which others than its
// worker heartbeat it.
func Stand[R, T any](ctx workflow.Context, profile Profile, queue, activity, id, summary string, request R) Result[T] {
	lasts := profile.activityOptions(ctx, queue, summary)
	lasts.ActivityID, lasts.HeartbeatTimeout, lasts.StartToCloseTimeout = id, profile.Heartbeat, profile.StartToClose
	return Result[T]{workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, lasts), activity, request)}
}
