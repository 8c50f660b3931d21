package timetable

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guestjourney/activities/failure"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable/zonedata"
)

// channelSMS is the channel that quiet hours hold back; e-mail wakes nobody.
const channelSMS = "sms"

var channels = []string{channelSMS, "email"}

// Forms of Request.Local.
const (
	formWall        = "2006-01-02T15:04:05"
	formWallMinutes = "2006-01-02T15:04"
	formPrinted     = "Mon 2 Jan 2006, 15:04"
)

// day on the wall clock; its true length may differ.
const day = 24 * time.Hour

// plan is a checked Request.
type plan struct {
	request Request
	zone    *time.Location
	given   time.Time // the instant, when Local has an offset
	wall    wall      // the clock, when it has none
	nights  nights
}

// Calculate computes the instants of one appointment. It reads no clock and no
// file of the machine: the same request gives the same answer in every worker
// of one build. Its error is a *failure.Error of class InvalidInput that names
// every field that is wrong.
func Calculate(request Request) (Times, error) {
	plan, err := check(request)
	if err != nil {
		return Times{}, err
	}
	start := plan.start()
	times := Times{
		Start:    start.UTC(),
		End:      start.Add(request.Duration.Value()).UTC(),
		Local:    fmt.Sprintf("%s (%s)", start.In(plan.zone).Format(formPrinted), plan.zone),
		Zone:     plan.zone.String(),
		ZoneData: zonedata.Version(),
	}
	for _, reminder := range request.Reminders {
		at := plan.reminder(reminder, start)
		for _, channel := range reminder.Channels {
			times.Reminders = append(times.Reminders, ReminderTime{Name: reminder.Name, Channel: channel, At: plan.outsideQuiet(channel, at).UTC()})
		}
	}
	if !request.TextAfter.IsZero() {
		times.TextAt = plan.nights.window(request.TextAfter, plan.zone).At
	}
	times.TextZones, times.TextBasis = plan.nights.names(), plan.nights.basis
	return times, nil
}

// start adds Plus on the wall clock: whole days keep the time of day, the rest
// is elapsed time.
func (p plan) start() time.Time {
	days, rest := int(p.request.Plus.Value()/day), p.request.Plus.Value()%day
	base := p.given
	switch {
	case base.IsZero():
		base = p.wall.addDays(days).instant(p.zone)
	case days > 0:
		base = wallOf(base, p.zone).addDays(days).instant(p.zone)
	}
	return base.Add(rest)
}

// reminder returns when one is due, always before the start: where the
// calendar has no earlier day (a date line crossed backwards), days are
// counted as elapsed time.
func (p plan) reminder(reminder programs.Reminder, start time.Time) time.Time {
	if reminder.Days == 0 {
		return start.Add(-reminder.Before.Value())
	}
	at := wallOf(start, p.zone).addDays(-reminder.Days).instant(p.zone)
	if !at.Before(start) {
		return start.Add(-time.Duration(reminder.Days) * day)
	}
	return at
}

// outsideQuiet moves a text that would wake a guest to the last minute before
// their quiet hours begin; e-mail wakes nobody. Where the zones that the guest
// may be in have no open hour in common, the property's decides from then on.
func (p *plan) outsideQuiet(channel string, at time.Time) time.Time {
	if channel != channelSMS {
		return at
	}
	moved, ok := p.nights.before(at)
	if !ok {
		p.nights = p.nights.fallback(p.zone)
		moved, _ = p.nights.before(at)
	}
	return moved
}

// check collects everything that is wrong with a request.
func check(request Request) (plan, error) {
	result := plan{request: request}
	var problems []string
	wrong := func(field, want string) { problems = append(problems, field+": "+want) }
	zone := func(field, name string) *time.Location {
		location, err := zonedata.Load(name)
		if err != nil {
			wrong(field, err.Error())
		}
		return location
	}
	result.zone = zone("zone", request.Zone)
	var guest *time.Location
	if request.GuestZone != "" {
		guest = zone("guestZone", request.GuestZone)
	}
	var ok bool
	if result.given, result.wall, ok = parseLocal(request.Local); !ok {
		wrong("local", `want a wall-clock time such as "2027-03-02T09:00:00", or one with an offset such as "2027-03-02T09:00:00-06:00"`)
	}
	if request.Plus < 0 {
		wrong("plus", "want zero or more")
	}
	if request.Duration <= 0 {
		wrong("duration", "want more than zero")
	}
	for i, reminder := range request.Reminders {
		checkReminder(reminder, fmt.Sprintf("reminders[%d].", i), wrong)
	}
	quiet, err := request.QuietHours.Window()
	if err != nil {
		wrong("quietHours", err.Error())
	}
	if len(problems) > 0 {
		return plan{}, &failure.Error{Provider: "timetable", Operation: "compute", Class: failure.InvalidInput, Advice: strings.Join(problems, "; ")}
	}
	result.nights = nightsOf(guest, request.Phone, result.zone, quiet)
	return result, nil
}

func checkReminder(reminder programs.Reminder, prefix string, wrong func(field, want string)) {
	if (reminder.Days > 0) == (reminder.Before > 0) || reminder.Days < 0 || reminder.Before < 0 {
		wrong(prefix+"days", `want exactly one of "days" and "before", more than zero`)
	}
	if len(reminder.Channels) == 0 {
		wrong(prefix+"channels", `want "sms", "email" or both`)
	}
	for _, channel := range reminder.Channels {
		if !slices.Contains(channels, channel) {
			wrong(prefix+"channels", `want only "sms" and "email"`)
		}
	}
}

func parseLocal(local string) (given time.Time, clock wall, ok bool) {
	if instant, err := time.Parse(time.RFC3339, local); err == nil {
		return instant, wall{}, true
	}
	for _, form := range []string{formWall, formWallMinutes} {
		if clock, err := time.Parse(form, local); err == nil {
			return time.Time{}, wall(clock), true
		}
	}
	return time.Time{}, wall{}, false
}
