package timetable_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/activities/programs"
	"guestjourney/activities/timetable"
	"guestjourney/activities/timetable/zonedata"
)

var (
	night = programs.QuietHours{From: "21:00", To: "08:00"}
	// long leaves no hour that is open from the Caribbean to Guam.
	long = programs.QuietHours{From: "20:00", To: "10:00"}
)

func TestTheSendWindowOfATextIsOpenWhereverTheGuestMayBe(t *testing.T) {
	const (
		mexico    = "+525512345678"
		alaska    = "+19075550143" // Anchorage or Adak, an hour apart
		tollFree  = "+18005550143" // from the Caribbean to Guam: no common hour
		satellite = "+883123"      // nowhere
	)
	for _, test := range []struct {
		name, from, guestZone, phone, property string
		quiet                                  programs.QuietHours
		at, until, basis                       string
	}{
		{"open now", "2027-03-02T12:00:30-06:00", "", mexico, "Europe/Madrid", night, "2027-03-02T12:00:30-06:00", "2027-03-02T21:00:00-06:00", timetable.BasisPhone},
		{"night: from the morning on", "2027-03-02T23:10:00-06:00", "", mexico, "Europe/Madrid", night, "2027-03-03T08:00:00-06:00", "2027-03-03T21:00:00-06:00", timetable.BasisPhone},
		{"the guest's own zone goes before the phone's", "2027-03-02T12:00:00-06:00", "Asia/Tokyo", mexico, "Europe/Madrid", night, "2027-03-03T08:00:00+09:00", "2027-03-03T21:00:00+09:00", timetable.BasisGuest},
		{"two zones: later morning, earlier evening", "2027-03-02T06:00:00-09:00", "", alaska, "Europe/Madrid", night, "2027-03-02T08:00:00-10:00", "2027-03-02T21:00:00-09:00", timetable.BasisPhone},
		{"no common hour: the property's window, and it says so", "2027-03-02T06:00:00-06:00", "", tollFree, "America/Mexico_City", long, "2027-03-02T10:00:00-06:00", "2027-03-02T20:00:00-06:00", timetable.BasisNoCommonHour},
		{"a number that tells nothing", "2027-03-02T06:00:00-06:00", "", satellite, "America/Mexico_City", night, "2027-03-02T08:00:00-06:00", "2027-03-02T21:00:00-06:00", timetable.BasisProperty},
		{"no number", "2027-03-02T06:00:00-06:00", "", "", "America/Mexico_City", night, "2027-03-02T08:00:00-06:00", "2027-03-02T21:00:00-06:00", timetable.BasisProperty},
		{"no quiet hours: never closes", "2027-03-02T03:00:00-06:00", "", mexico, "America/Mexico_City", programs.QuietHours{}, "2027-03-02T03:00:00-06:00", "", timetable.BasisPhone},
		{"the spring jump swallows the end of the night", "2027-03-14T00:00:00-05:00", "America/New_York", "", "Europe/Madrid", programs.QuietHours{From: "21:00", To: "02:30"}, "2027-03-14T03:00:00-04:00", "2027-03-14T21:00:00-04:00", timetable.BasisGuest},
		{"the autumn return opens twice: the first counts", "2027-11-07T00:30:00-04:00", "America/New_York", "", "Europe/Madrid", programs.QuietHours{From: "21:00", To: "01:30"}, "2027-11-07T01:30:00-04:00", "2027-11-07T01:00:00-05:00", timetable.BasisGuest},
	} {
		t.Run(test.name, func(t *testing.T) {
			window, err := timetable.CalculateSend(timetable.SendRequest{
				From: instant(t, test.from), GuestZone: test.guestZone, Phone: test.phone, Zone: test.property, QuietHours: test.quiet,
			})
			require.NoError(t, err)
			assert.Equal(t, instant(t, test.at), window.At)
			if test.until == "" {
				assert.Zero(t, window.OpenUntil)
			} else {
				assert.Equal(t, instant(t, test.until), window.OpenUntil)
			}
			assert.Equal(t, test.basis, window.Basis)
			assert.NotEmpty(t, window.Zones)
			assert.Equal(t, zonedata.Version(), window.ZoneData)
		})
	}
}

func TestAWrongSendRequestNamesEveryField(t *testing.T) {
	_, err := timetable.CalculateSend(timetable.SendRequest{Zone: "x", GuestZone: "y", QuietHours: programs.QuietHours{From: "9pm"}})
	for _, field := range []string{"zone:", "guestZone:", "quietHours:", "from:"} {
		assert.ErrorContains(t, err, field)
	}
}

func TestASendWindowIsOpenFromItsBeginningToItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		guest := load(t, rapid.SampledFrom(zones).Draw(t, "guest's zone"))
		from := time.Unix(rapid.Int64Range(1_800_000_000, 1_900_000_000).Draw(t, "from"), 0).UTC()
		quiet := programs.QuietHours{From: drawClock(t, "quiet from"), To: drawClock(t, "quiet to")}
		if quiet.From == quiet.To {
			quiet = night
		}
		checked, err := quiet.Window()
		if err != nil {
			t.Fatal(err)
		}
		window, err := timetable.CalculateSend(timetable.SendRequest{From: from, GuestZone: guest.String(), Zone: "UTC", QuietHours: quiet})
		if err != nil {
			t.Fatal(err)
		}
		asleep := func(at time.Time) bool {
			clock := at.In(guest)
			return checked.Contains(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
		}
		for at := from.Truncate(time.Minute); at.Before(window.OpenUntil); at = at.Add(time.Minute) {
			if open := !at.Before(window.At.Truncate(time.Minute)); asleep(at) == open {
				t.Fatalf("%v (%v): open %v", at, at.In(guest), open)
			}
		}
		if window.At.Before(from) || !asleep(window.OpenUntil) {
			t.Fatalf("from %v: %v to %v", from, window.At, window.OpenUntil)
		}
	})
}

func TestWithoutAZoneATextKeepsEveryNightOfThePhoneNumber(t *testing.T) {
	r := request("2027-03-02T09:30:00", "America/Anchorage")
	r.QuietHours, r.Phone = night, "+19075550143"
	r.Reminders = []programs.Reminder{{Name: "1h", Before: hour, Channels: []string{"sms", "email"}}}
	times := calculate(t, r)
	// 08:30 in Anchorage is 07:30 in Adak: the evening before, 20:59 in
	// Anchorage, where the night begins first.
	assert.Equal(t, instant(t, "2027-03-01T20:59:00-09:00"), times.Reminders[0].At)
	assert.Equal(t, instant(t, "2027-03-02T08:30:00-09:00"), times.Reminders[1].At, "an e-mail wakes nobody")
	assert.Equal(t, timetable.BasisPhone, times.TextBasis)
	assert.Equal(t, []string{"America/Adak", "America/Anchorage"}, times.TextZones)
	assert.Contains(t, times.Local, "(America/Anchorage)", "times are printed in the property's zone, with its name")

	r.Phone, r.QuietHours = "+18005550143", long
	times = calculate(t, r)
	assert.Equal(t, instant(t, "2027-03-01T19:59:00-09:00"), times.Reminders[0].At, "the property's night counts")
	assert.Equal(t, timetable.BasisNoCommonHour, times.TextBasis)
}

func TestAMoveAsksWhenATextMayGo(t *testing.T) {
	r := request("2027-03-05T09:30:00", "America/Mexico_City")
	r.QuietHours, r.TextAfter = night, instant(t, "2027-03-02T23:00:00-06:00")
	assert.Equal(t, instant(t, "2027-03-03T08:00:00-06:00"), calculate(t, r).TextAt)
}
