package google

import (
	"context"

	calendarapi "google.golang.org/api/calendar/v3"

	"guestjourney/activities/provider"
)

// nobody keeps Google from mailing about a change.
const nobody = "none"

func (d *Diary) insert(ctx context.Context, calendarID string, event *calendarapi.Event) (inserted *calendarapi.Event, err error) {
	err = d.call(ctx, operationInsert, func(events *calendarapi.EventsService) (err error) {
		inserted, err = events.Insert(calendarID, event).SendUpdates(nobody).Context(ctx).Do()
		return err
	})
	return inserted, err
}

func (d *Diary) get(ctx context.Context, calendarID, id string) (event *calendarapi.Event, err error) {
	err = d.call(ctx, operationGet, func(events *calendarapi.EventsService) (err error) {
		event, err = events.Get(calendarID, id).Context(ctx).Do()
		return err
	})
	return event, err
}

// update replaces the event that was read, unless somebody changed it since.
func (d *Diary) update(ctx context.Context, calendarID string, event *calendarapi.Event) (updated *calendarapi.Event, err error) {
	err = d.call(ctx, operationUpdate, func(events *calendarapi.EventsService) (err error) {
		call := events.Update(calendarID, event.Id, event).SendUpdates(nobody).Context(ctx)
		if event.Etag != "" {
			call.Header().Set("If-Match", event.Etag)
		}
		updated, err = call.Do()
		return err
	})
	return updated, err
}

func (d *Diary) delete(ctx context.Context, calendarID, id string) error {
	return d.call(ctx, operationDelete, func(events *calendarapi.EventsService) error {
		return events.Delete(calendarID, id).SendUpdates(nobody).Context(ctx).Do()
	})
}

// call makes one SDK call.
func (d *Diary) call(ctx context.Context, operation string, do func(*calendarapi.EventsService) error) error {
	var trace provider.Trace
	events, err := d.events(ctx, &trace)
	if err != nil {
		return d.check(operation, &trace, err)
	}
	return d.check(operation, &trace, do(events))
}
