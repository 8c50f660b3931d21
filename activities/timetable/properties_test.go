package timetable_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable"
	"guestjourney/activities/timetable/zonedata"
)

var zones = []string{
	"America/New_York", "America/Mexico_City", "America/Vancouver", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Dublin",
	"Africa/Casablanca", "Asia/Kathmandu", "Asia/Tehran", "America/St_Johns", "Antarctica/Troll", "UTC", "Pacific/Kiritimati",
}

const clockForm = "2006-01-02T15:04:05"

// drawLocal prefers the hours around changes of clocks to the rest of the years.
func drawLocal(t *rapid.T, zone *time.Location) string {
	at := time.Unix(rapid.Int64Range(time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC).Unix()).Draw(t, "at"), 0)
	if _, change := at.In(zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
		at = change.Add(time.Duration(rapid.IntRange(-3*3600, 3*3600).Draw(t, "seconds from it")) * time.Second)
	}
	// The clock is read in another zone, so that times that do not exist here occur.
	_, offset := at.Add(-48 * time.Hour).In(zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second).Format(clockForm)
}

func load(t *rapid.T, name string) *time.Location {
	zone, err := zonedata.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestStartIsTheFirstInstantThatShowsTheClockOrTheNextValidOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := load(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		local := drawLocal(t, zone)
		times, err := timetable.Calculate(timetable.Request{Local: local, Zone: zone.String(), Duration: options.Duration(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		shown := times.Start.In(zone).Format(clockForm)
		justBefore := times.Start.Add(-time.Second).In(zone).Format(clockForm)
		switch {
		case shown == local:
			// No earlier instant shows it: clocks never go back by more than a day.
			for back := time.Minute; back <= 25*time.Hour; back += time.Minute {
				if times.Start.Add(-back).In(zone).Format(clockForm) == local {
					t.Fatalf("%s in %s: %v before the answer shows it too", local, zone, back)
				}
			}
		case shown < local || justBefore >= local:
			t.Fatalf("%s in %s became %s, one second before %s", local, zone, shown, justBefore)
		}
	})
}

func TestRemindersAreBeforeTheStartAndTextsOutsideQuietHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		property := load(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		guest := load(t, rapid.SampledFrom(zones).Draw(t, "guest's zone"))
		quiet := programs.QuietHours{From: drawClock(t, "from"), To: drawClock(t, "to")}
		if quiet.From == quiet.To {
			quiet = programs.QuietHours{From: "21:00", To: "08:00"}
		}
		window, err := quiet.Window()
		if err != nil {
			t.Fatal(err)
		}
		reminder := programs.Reminder{Name: "r", Channels: []string{"sms", "email"}}
		if rapid.Bool().Draw(t, "by days") {
			reminder.Days = rapid.IntRange(1, 30).Draw(t, "days")
		} else {
			reminder.Before = options.Duration(rapid.IntRange(1, 3*86400).Draw(t, "seconds before")) * options.Duration(time.Second)
		}
		request := timetable.Request{
			Local: drawLocal(t, property), Zone: property.String(), GuestZone: guest.String(), Duration: options.Duration(time.Hour),
			QuietHours: quiet, Reminders: []programs.Reminder{reminder},
		}
		times, err := timetable.Calculate(request)
		if err != nil {
			t.Fatal(err)
		}
		sms, email := times.Reminders[0].At, times.Reminders[1].At
		if !sms.Before(times.Start) || !email.Before(times.Start) {
			t.Fatalf("start %v, text %v, e-mail %v", times.Start, sms, email)
		}
		if sms.After(email) {
			t.Fatalf("quiet hours moved the text later: %v after %v", sms, email)
		}
		clock := sms.In(guest)
		if window.Contains(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute) {
			t.Fatalf("the text is in quiet hours: %v", clock)
		}
	})
}

func drawClock(t *rapid.T, label string) string {
	minute := rapid.IntRange(0, 24*60-1).Draw(t, label)
	return time.Date(2027, 1, 1, minute/60, minute%60, 0, 0, time.UTC).Format("15:04")
}
