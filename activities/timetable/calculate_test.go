package timetable_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable"
	"guestjourney/activities/timetable/zonedata"
)

const hour = options.Duration(time.Hour)

// request is a sound request; each test changes what it is about.
func request(local, zone string) timetable.Request {
	return timetable.Request{Local: local, Zone: zone, Duration: hour}
}

func calculate(t *testing.T, r timetable.Request) timetable.Times {
	t.Helper()
	times, err := timetable.Calculate(r)
	require.NoError(t, err)
	return times
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at.UTC()
}

func TestStartIsTheClockOfTheZone(t *testing.T) {
	for _, test := range []struct{ name, local, zone, want string }{
		{"plain winter", "2027-01-12T09:00:00", "America/New_York", "2027-01-12T14:00:00Z"},
		{"plain summer", "2027-07-12T09:00:00", "America/New_York", "2027-07-12T13:00:00Z"},
		{"minutes only", "2027-07-12T09:00", "America/New_York", "2027-07-12T13:00:00Z"},
		{"New York jumps over 02:30, next valid is 03:00", "2027-03-14T02:30:00", "America/New_York", "2027-03-14T07:00:00Z"},
		{"New York, last valid before the jump", "2027-03-14T01:59:59", "America/New_York", "2027-03-14T06:59:59Z"},
		{"New York, first valid after the jump", "2027-03-14T03:00:00", "America/New_York", "2027-03-14T07:00:00Z"},
		{"New York shows 01:30 twice, first is summer time", "2027-11-07T01:30:00", "America/New_York", "2027-11-07T05:30:00Z"},
		{"New York, first 01:00", "2027-11-07T01:00:00", "America/New_York", "2027-11-07T05:00:00Z"},
		{"New York, 02:00 is once", "2027-11-07T02:00:00", "America/New_York", "2027-11-07T07:00:00Z"},
		{"Mexico City, winter", "2027-01-12T09:00:00", "America/Mexico_City", "2027-01-12T15:00:00Z"},
		{"Mexico City has no summer time any more", "2027-07-12T09:00:00", "America/Mexico_City", "2027-07-12T15:00:00Z"},
		{"Mexico City had it in 2022", "2022-07-12T09:00:00", "America/Mexico_City", "2022-07-12T14:00:00Z"},
		{"Lord Howe jumps by half an hour", "2027-10-03T02:15:00", "Australia/Lord_Howe", "2027-10-02T15:30:00Z"},
		{"Lord Howe goes back by half an hour, first", "2027-04-04T01:45:00", "Australia/Lord_Howe", "2027-04-03T14:45:00Z"},
		{"Lord Howe, after it went back", "2027-04-04T02:00:00", "Australia/Lord_Howe", "2027-04-03T15:30:00Z"},
		{"Samoa left out a day", "2011-12-30T09:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"Samoa, the evening before", "2011-12-29T23:59:00", "Pacific/Apia", "2011-12-30T09:59:00Z"},
		{"Samoa, the morning after", "2011-12-31T00:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"Kwajalein left out a day", "1993-08-21T12:00:00", "Pacific/Kwajalein", "1993-08-21T12:00:00Z"},
		{"Alaska showed a day twice, first", "1867-10-19T12:00:00", "America/Juneau", "1867-10-18T20:57:41Z"},
		{"British Columbia before it stayed on summer time", "2025-12-12T09:00:00", "America/Vancouver", "2025-12-12T17:00:00Z"},
		{"British Columbia stays on it", "2026-12-12T09:00:00", "America/Vancouver", "2026-12-12T16:00:00Z"},
		{"British Columbia, summer as ever", "2027-07-12T09:00:00", "America/Vancouver", "2027-07-12T16:00:00Z"},
		{"British Columbia no longer shows 01:30 twice", "2026-11-01T01:30:00", "America/Vancouver", "2026-11-01T08:30:00Z"},
		{"an offset is an instant", "2027-03-02T09:00:00-06:00", "America/New_York", "2027-03-02T15:00:00Z"},
		{"an offset tells the two 01:30 apart", "2027-11-07T01:30:00-05:00", "America/New_York", "2027-11-07T06:30:00Z"},
		{"last day of a leap year beyond the zone's table", "2040-12-31T09:00:00", "America/New_York", "2040-12-31T14:00:00Z"},
		{"UTC", "2027-03-02T09:00:00", "UTC", "2027-03-02T09:00:00Z"},
		{"Z is an offset", "2027-03-02T09:00:00Z", "Asia/Kathmandu", "2027-03-02T09:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			times := calculate(t, request(test.local, test.zone))
			assert.Equal(t, instant(t, test.want), times.Start)
			assert.Equal(t, times.Start.Add(time.Hour), times.End)
			assert.Equal(t, time.UTC, times.Start.Location())
			assert.Equal(t, test.zone, times.Zone)
		})
	}
}

func TestPlusKeepsTheTimeOfDayForWholeDays(t *testing.T) {
	const day = 24 * hour
	for _, test := range []struct {
		name, local string
		plus        options.Duration
		want        string
	}{
		{"a day over the jump is 23 hours", "2027-03-13T09:00:00", day, "2027-03-14T13:00:00Z"},
		{"a day over the return is 25 hours", "2027-11-06T09:00:00", day, "2027-11-07T14:00:00Z"},
		{"hours are elapsed", "2027-03-13T23:00:00", 5 * hour, "2027-03-14T09:00:00Z"},
		{"days first, then hours", "2027-03-13T01:00:00", day + 2*hour, "2027-03-14T08:00:00Z"},
		{"the day lands in the jump", "2027-03-13T02:30:00", day, "2027-03-14T07:00:00Z"},
		{"seconds", "2027-03-13T09:00:00", options.Duration(16 * time.Second), "2027-03-13T14:00:16Z"},
		{"an offset keeps the clock of the zone", "2027-03-13T14:00:00Z", day, "2027-03-14T13:00:00Z"},
		{"no whole day keeps the second 01:30", "2027-11-07T01:30:00-05:00", hour, "2027-11-07T07:30:00Z"},
		{"leap day", "2028-02-28T09:00:00", day, "2028-02-29T14:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(test.local, "America/New_York")
			r.Plus = test.plus
			assert.Equal(t, instant(t, test.want), calculate(t, r).Start)
		})
	}
}

func TestRemindersCountDaysOnTheClockAndHoursAsElapsed(t *testing.T) {
	r := request("2027-03-14T09:00:00", "America/New_York")
	r.Reminders = []programs.Reminder{
		{Name: "24h", Days: 1, Channels: []string{"sms", "email"}},
		{Name: "1h", Before: hour, Channels: []string{"sms"}},
		{Name: "elapsed day", Before: 24 * hour, Channels: []string{"email"}},
	}
	assert.Equal(t, []timetable.ReminderTime{
		{Name: "24h", Channel: "sms", At: instant(t, "2027-03-13T14:00:00Z")},
		{Name: "24h", Channel: "email", At: instant(t, "2027-03-13T14:00:00Z")},
		{Name: "1h", Channel: "sms", At: instant(t, "2027-03-14T12:00:00Z")},
		{Name: "elapsed day", Channel: "email", At: instant(t, "2027-03-13T13:00:00Z")},
	}, calculate(t, r).Reminders)
}

func TestReminderOnADayThatTheCalendarLeftOutStaysBeforeTheStart(t *testing.T) {
	r := request("2011-12-31T00:00:00", "Pacific/Apia")
	r.Reminders = []programs.Reminder{{Name: "24h", Days: 1, Channels: []string{"email"}}}
	assert.Equal(t, instant(t, "2011-12-29T10:00:00Z"), calculate(t, r).Reminders[0].At)
}

func TestQuietHoursMoveTextsToTheLastMinuteBefore(t *testing.T) {
	night := programs.QuietHours{From: "21:00", To: "08:00"}
	for _, test := range []struct {
		name, local, guestZone, channel string
		before                          options.Duration
		quiet                           programs.QuietHours
		want                            string // on the property's clock, Mexico City, UTC-6
	}{
		{"early session: the evening before", "2027-03-02T08:30:00", "", "sms", hour, night, "2027-03-01T20:59:00-06:00"},
		{"e-mail at any time", "2027-03-02T08:30:00", "", "email", hour, night, "2027-03-02T07:30:00-06:00"},
		{"after quiet hours", "2027-03-02T09:00:00", "", "sms", hour, night, "2027-03-02T08:00:00-06:00"},
		{"their last minute", "2027-03-02T08:59:00", "", "sms", hour, night, "2027-03-01T20:59:00-06:00"},
		{"their first minute", "2027-03-02T22:00:00", "", "sms", hour, night, "2027-03-02T20:59:00-06:00"},
		{"the minute before", "2027-03-02T21:59:00", "", "sms", hour, night, "2027-03-02T20:59:00-06:00"},
		{"before midnight", "2027-03-02T23:30:00", "", "sms", hour, night, "2027-03-02T20:59:00-06:00"},
		{"the guest's zone decides: Madrid is 7 hours ahead", "2027-03-02T15:30:00", "Europe/Madrid", "sms", hour, night, "2027-03-02T13:59:00-06:00"},
		{"the guest is awake where the property sleeps", "2027-03-02T02:30:00", "Europe/Madrid", "sms", hour, night, "2027-03-02T01:30:00-06:00"},
		{"a window within a day", "2027-03-02T15:30:00", "", "sms", hour, programs.QuietHours{From: "14:00", To: "16:00"}, "2027-03-02T13:59:00-06:00"},
		{"none", "2027-03-02T04:00:00", "", "sms", hour, programs.QuietHours{}, "2027-03-02T03:00:00-06:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(test.local, "America/Mexico_City")
			r.GuestZone, r.QuietHours = test.guestZone, test.quiet
			r.Reminders = []programs.Reminder{{Name: "1h", Before: test.before, Channels: []string{test.channel}}}
			assert.Equal(t, instant(t, test.want), calculate(t, r).Reminders[0].At)
		})
	}
}

func TestQuietHoursThatBeginInTheJump(t *testing.T) {
	r := request("2027-03-14T05:00:00", "America/New_York")
	r.QuietHours = programs.QuietHours{From: "02:30", To: "06:00"}
	r.Reminders = []programs.Reminder{{Name: "1h", Before: hour, Channels: []string{"sms"}}}
	// 02:30 does not exist: quiet begins at 03:00 EDT, the minute before is 01:59 EST.
	assert.Equal(t, instant(t, "2027-03-14T06:59:00Z"), calculate(t, r).Reminders[0].At)
}

func TestQuietHoursWhoseMinuteBeforeIsQuietToo(t *testing.T) {
	r := request("2005-04-03T03:00:00", "America/St_Johns")
	r.QuietHours = programs.QuietHours{From: "00:30", To: "00:15"}
	r.Reminders = []programs.Reminder{{Name: "1h", Before: hour, Channels: []string{"sms"}}}
	// The clock jumps from 00:01 to 01:01: the minute before is 00:00, still in
	// the quiet hours that began the day before.
	assert.Equal(t, instant(t, "2005-04-02T00:29:00-03:30"), calculate(t, r).Reminders[0].At)
}

func TestPrintedTimeAndVersion(t *testing.T) {
	times := calculate(t, request("2027-03-02T09:00:00", "America/Mexico_City"))
	assert.Equal(t, "Tue 2 Mar 2027, 09:00 (America/Mexico_City)", times.Local)
	assert.Equal(t, zonedata.Version(), times.ZoneData)

	moved := calculate(t, request("2027-03-14T02:30:00", "America/New_York"))
	assert.Equal(t, "Sun 14 Mar 2027, 03:00 (America/New_York)", moved.Local, "prints the time that exists")
}

func TestWrongRequestNamesEveryField(t *testing.T) {
	_, err := timetable.Calculate(timetable.Request{
		Local: "tomorrow", Zone: "Mexico City", GuestZone: "Local", Plus: -hour, Duration: 0,
		QuietHours: programs.QuietHours{From: "9pm", To: "08:00"},
		Reminders: []programs.Reminder{
			{Name: "both", Days: 1, Before: hour, Channels: []string{"sms"}},
			{Name: "neither", Channels: []string{"sms"}},
			{Name: "pigeon", Days: 1, Channels: []string{"pigeon"}},
			{Name: "nobody", Days: 1},
			{Name: "negative", Days: -1, Before: hour, Channels: []string{"sms"}},
		},
	})
	var known *failure.Error
	require.True(t, errors.As(err, &known))
	assert.Equal(t, failure.InvalidInput, known.Class)
	for _, field := range []string{
		"local:", "zone:", "guestZone:", "plus:", "duration:", "quietHours:",
		"reminders[0].days:", "reminders[1].days:", "reminders[2].channels:", "reminders[3].channels:", "reminders[4].days:",
	} {
		assert.Contains(t, err.Error(), field)
	}
}

func TestWrongZoneAlone(t *testing.T) {
	for _, zone := range []string{"", "Local", "VERSION", "america/mexico_city", "../etc/passwd", "America/Nowhere", "America"} {
		_, err := timetable.Calculate(request("2027-03-02T09:00:00", zone))
		require.ErrorContains(t, err, "zone: ", zone)
	}
}

func TestWrongLocalAlone(t *testing.T) {
	for _, local := range []string{"", "2027-03-02", "2027-02-30T09:00:00", "2027-03-02T25:00:00", "02/03/2027 09:00", "2027-03-02 09:00:00"} {
		_, err := timetable.Calculate(request(local, "UTC"))
		require.ErrorContains(t, err, "local: ", local)
	}
}
