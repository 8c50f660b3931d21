package watching

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "watching."

// Activities are the registered activities of the port.
type Activities struct{ Desk Desk }

// Watch is the activity behind Begin.
func (a *Activities) Watch(ctx context.Context, command options.Command[Session]) (Done, error) {
	return options.Perform(ctx, command, failure.ToTemporal, func(ctx context.Context, effect options.Effect, session Session) (Done, error) {
		return Done{}, a.Desk.Watch(ctx, effect, session)
	})
}

// End is the activity behind Stop.
func (a *Activities) End(ctx context.Context, command options.Command[End]) (Done, error) {
	return options.Perform(ctx, command, failure.ToTemporal, func(ctx context.Context, effect options.Effect, end End) (Done, error) {
		return Done{}, a.Desk.End(ctx, effect, end)
	})
}

// Watched is the activity behind Guard. It stays open: whoever watches the readings
// heartbeats it by its ID, and its heartbeat timeout is how the workflow learns
// that nobody does.
func (a *Activities) Watched(context.Context, Session) (Done, error) {
	return Done{}, activity.ErrResultPending
}

// Begin schedules that a session is watched, or how.
func Begin(ctx workflow.Context, effect options.Effect, session Session) options.Result[Done] {
	return options.Mutate[Session, Done](ctx, options.Watch, options.QueueSessions, Prefix+"Watch", "watch the readings", effect, session)
}

// Stop schedules that a session is watched no more.
func Stop(ctx workflow.Context, effect options.Effect, end End) options.Result[Done] {
	return options.Mutate[End, Done](ctx, options.Outside, options.QueueSessions, Prefix+"End", "watch no more", effect, end)
}

// Guard schedules the activity, under a known ID, that lasts for as long as
// somebody watches. It ends with an error only.
func Guard(ctx workflow.Context, id string, session Session) options.Result[Done] {
	return options.Stand[Session, Done](ctx, options.Guard, options.QueueSessions, Prefix+"Watched", id, "somebody watches the readings", session)
}
