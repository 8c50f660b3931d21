// Package google keeps the property's diary in Google Calendar.
//
// Called by the worker, which hands a Diary to the port activities/calendar.
// It owns the translation into Google's words and codes. Every call is exactly
// once: the event's ID is chosen here, from the hold's effect key, so a second
// insert is refused and a lost answer leaves an event that can be found.
package google

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/http"
	"strings"
	"time"

	calendarapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"guestjourney/activities/calendar"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

// BaseURL is where Google Calendar answers.
const BaseURL = "https://www.googleapis.com"

// Operations, as errors, metrics and the journal of the sandbox name them.
const (
	operationInsert   = "events.insert"
	operationGet      = "events.get"
	operationUpdate   = "events.update"
	operationDelete   = "events.delete"
	operationCalendar = "calendars.get"
)

// Private properties of an event, seen by this system only.
const (
	propertyOperation = "op"       // the effect key of the last change
	propertyWorkflow  = "workflow" // the appointment's workflow ID
)

const (
	statusConfirmed = "confirmed"
	statusTentative = "tentative"
	statusCancelled = "cancelled"
)

// Diary is a calendar.Diary.
type Diary struct {
	client *provider.Client
}

var _ calendar.Diary = (*Diary)(nil)

// New returns a Diary, or an error that says what is wrong with the sign-in.
func New(config Config, client *provider.Client) (*Diary, error) {
	if client == nil {
		return nil, errors.New("google: no provider client")
	}
	secret, err := newSecret(config, client)
	if err != nil {
		return nil, err
	}
	return &Diary{client: client.Signed(provider.Bearer, secret)}, nil
}

// Hold writes the entry. If it is there already, from a try whose answer was
// lost, it must be the same one and still stand.
func (d *Diary) Hold(ctx context.Context, effect options.Effect, entry calendar.Entry) (calendar.Ref, error) {
	event := &calendarapi.Event{Id: eventID(entry.HoldKey)}
	write(event, effect, entry)
	inserted, err := d.insert(ctx, entry.CalendarID, event)
	if err == nil {
		return calendar.Ref{ID: inserted.Id}, nil
	}
	if !hasStatus(err, http.StatusConflict) {
		return calendar.Ref{}, err
	}
	existing, err := d.get(ctx, entry.CalendarID, event.Id)
	if err != nil {
		return calendar.Ref{}, err
	}
	if existing.Status == statusCancelled {
		return calendar.Ref{}, conflict(operationInsert, "this hold was released; take a new one")
	}
	if operationOf(existing) == effect.Key && !sameContent(existing, event) {
		return calendar.Ref{}, conflict(operationInsert, "the calendar holds this entry with another time or title")
	}
	return calendar.Ref{ID: existing.Id}, nil
}

// Change writes the entry's present times and status over the event. What staff
// added to it by hand stays.
func (d *Diary) Change(ctx context.Context, effect options.Effect, entry calendar.Entry) (calendar.Ref, error) {
	event, err := d.get(ctx, entry.CalendarID, eventID(entry.HoldKey))
	if err != nil {
		return calendar.Ref{}, gone(err)
	}
	if event.Status == statusCancelled {
		// An update would quietly bring a released place back.
		return calendar.Ref{}, &failure.Error{
			Provider: "google", Operation: operationUpdate, Class: failure.Permanent, Advice: adviceGone,
		}
	}
	wanted := *event
	write(&wanted, effect, entry)
	if operationOf(event) == effect.Key && sameContent(event, &wanted) {
		return calendar.Ref{ID: event.Id}, nil // done by an earlier try
	}
	updated, err := d.update(ctx, entry.CalendarID, &wanted)
	if err != nil {
		return calendar.Ref{}, gone(err)
	}
	return calendar.Ref{ID: updated.Id}, nil
}

// Release removes the entry. One that is not there is released.
func (d *Diary) Release(ctx context.Context, _ options.Effect, place calendar.Place) (calendar.Ref, error) {
	id := eventID(place.HoldKey)
	err := d.delete(ctx, place.CalendarID, id)
	if err == nil || hasStatus(err, http.StatusNotFound) || hasStatus(err, http.StatusGone) {
		return calendar.Ref{ID: id}, nil
	}
	return calendar.Ref{}, err
}

// eventID derives the ID from the hold's key, in the alphabet that Google asks
// for: base32hex, lower case.
func eventID(holdKey string) string {
	sum := sha256.Sum256([]byte(holdKey))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))
}

// write puts the entry's content into the event. No guest, no invitation: the
// title is a code and nobody gets mail from Google.
func write(event *calendarapi.Event, effect options.Effect, entry calendar.Entry) {
	event.Summary = entry.Title
	event.Start = &calendarapi.EventDateTime{DateTime: entry.Start.Format(time.RFC3339), TimeZone: entry.Zone}
	event.End = &calendarapi.EventDateTime{DateTime: entry.End.Format(time.RFC3339), TimeZone: entry.Zone}
	event.Status = statusTentative
	if entry.Confirmed {
		event.Status = statusConfirmed
	}
	event.Visibility = "private"
	event.Reminders = &calendarapi.EventReminders{ForceSendFields: []string{"UseDefault"}}
	private := map[string]string{}
	if event.ExtendedProperties != nil {
		for key, value := range event.ExtendedProperties.Private {
			private[key] = value
		}
	}
	private[propertyOperation], private[propertyWorkflow] = effect.Key, entry.WorkflowID
	event.ExtendedProperties = &calendarapi.EventExtendedProperties{Private: private}
}

func operationOf(event *calendarapi.Event) string {
	if event.ExtendedProperties == nil {
		return ""
	}
	return event.ExtendedProperties.Private[propertyOperation]
}

func sameContent(a, b *calendarapi.Event) bool {
	return a.Summary == b.Summary && a.Status == b.Status && sameInstant(a.Start, b.Start) && sameInstant(a.End, b.End)
}

// sameInstant compares moments: Google may answer in another offset than it was
// asked in.
func sameInstant(a, b *calendarapi.EventDateTime) bool {
	if a == nil || b == nil {
		return a == b
	}
	first, errFirst := time.Parse(time.RFC3339, a.DateTime)
	second, errSecond := time.Parse(time.RFC3339, b.DateTime)
	return errFirst == nil && errSecond == nil && first.Equal(second)
}

// events returns Google's own client for one call.
func (d *Diary) events(ctx context.Context, trace *provider.Trace) (*calendarapi.EventsService, error) {
	service, err := calendarapi.NewService(ctx, option.WithHTTPClient(d.client.HTTPClient(ctx, trace)))
	if err != nil {
		return nil, err
	}
	return service.Events, nil
}
