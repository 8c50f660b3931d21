package google

import (
	"context"

	calendarapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"guestjourney/activities/provider"
)

// primary is the calendar that every account has, a service account too.
const primary = "primary"

// Name is the vendor's.
func (d *Diary) Name() string { return d.client.Name() }

// Ping reads the account's own calendar. With a service account it proves the
// sign-in as well.
func (d *Diary) Ping(ctx context.Context) error {
	var trace provider.Trace
	service, err := calendarapi.NewService(ctx, option.WithHTTPClient(d.client.HTTPClient(ctx, &trace)))
	if err != nil {
		return d.check(operationCalendar, &trace, err)
	}
	_, err = service.Calendars.Get(primary).Context(ctx).Do()
	return d.check(operationCalendar, &trace, err)
}
