package google

import (
	"context"
	"net/http"

	calendarapi "google.golang.org/api/calendar/v3"

	"guestjourney/activities/provider"
)

// nobody keeps Google from mailing about a change.
const nobody = "none"

func (d *Diary) insert(ctx context.Context, calendarID string, event *calendarapi.Event) (inserted *calendarapi.Event, err error) {
	err = d.call(ctx, operationInsert, func(events *calendarapi.EventsService, signIn func(http.Header)) (err error) {
		call := events.Insert(calendarID, event).SendUpdates(nobody).Context(ctx)
		signIn(call.Header())
		inserted, err = call.Do()
		return err
	})
	return inserted, err
}

func (d *Diary) get(ctx context.Context, calendarID, id string) (event *calendarapi.Event, err error) {
	err = d.call(ctx, operationGet, func(events *calendarapi.EventsService, signIn func(http.Header)) (err error) {
		call := events.Get(calendarID, id).Context(ctx)
		signIn(call.Header())
		event, err = call.Do()
		return err
	})
	return event, err
}

// update replaces the event that was read, unless somebody changed it since.
func (d *Diary) update(ctx context.Context, calendarID string, event *calendarapi.Event) (updated *calendarapi.Event, err error) {
	err = d.call(ctx, operationUpdate, func(events *calendarapi.EventsService, signIn func(http.Header)) (err error) {
		call := events.Update(calendarID, event.Id, event).SendUpdates(nobody).Context(ctx)
		signIn(call.Header())
		if event.Etag != "" {
			call.Header().Set("If-Match", event.Etag)
		}
		updated, err = call.Do()
		return err
	})
	return updated, err
}

func (d *Diary) delete(ctx context.Context, calendarID, id string) error {
	return d.call(ctx, operationDelete, func(events *calendarapi.EventsService, signIn func(http.Header)) error {
		call := events.Delete(calendarID, id).SendUpdates(nobody).Context(ctx)
		signIn(call.Header())
		return call.Do()
	})
}

// call signs in and makes one SDK call.
func (d *Diary) call(ctx context.Context, operation string, do func(*calendarapi.EventsService, func(http.Header)) error) error {
	token, err := d.tokens.token(ctx)
	if err != nil {
		return err
	}
	var trace provider.Trace
	events, err := d.events(ctx, &trace)
	if err != nil {
		return d.check(operation, &trace, err)
	}
	signIn := func(header http.Header) { header.Set("Authorization", "Bearer "+token) }
	return d.check(operation, &trace, do(events, signIn))
}
