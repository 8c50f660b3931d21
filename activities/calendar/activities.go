package calendar

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "calendar."

// Activities are the registered activities of the port.
type Activities struct{ Diary Diary }

// Hold is the activity behind the helper of the same name.
func (a *Activities) Hold(ctx context.Context, command options.Command[Entry]) (Ref, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Diary.Hold)
}

// Change is the activity behind the helper of the same name.
func (a *Activities) Change(ctx context.Context, command options.Command[Entry]) (Ref, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Diary.Change)
}

// Release is the activity behind the helper of the same name.
func (a *Activities) Release(ctx context.Context, command options.Command[Place]) (Ref, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Diary.Release)
}

// Hold schedules the holding of a place.
func Hold(ctx workflow.Context, effect options.Effect, request Entry) options.Result[Ref] {
	return options.Mutate[Entry, Ref](ctx, options.Outside.At(options.PriorityBinding), options.QueueCalendar, Prefix+"Hold", "hold the place", effect, request)
}

// Change schedules a change of time or status.
func Change(ctx workflow.Context, effect options.Effect, request Entry) options.Result[Ref] {
	return options.Mutate[Entry, Ref](ctx, options.Outside.At(options.PriorityBinding), options.QueueCalendar, Prefix+"Change", "change the calendar", effect, request)
}

// Release schedules the release of a place.
func Release(ctx workflow.Context, effect options.Effect, request Place) options.Result[Ref] {
	return options.Mutate[Place, Ref](ctx, options.Outside.At(options.PriorityBinding), options.QueueCalendar, Prefix+"Release", "release the place", effect, request)
}
