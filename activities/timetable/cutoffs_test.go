package timetable_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/timetable"
	"guestjourney/activities/timetable/zonedata"
)

func TestCutoffsEndWithACalendarDayOfTheProperty(t *testing.T) {
	const days = 24 * hour
	for _, test := range []struct {
		name, at, zone string
		before         options.Duration
		want           string // the first second that is too late
	}{
		{"60 days, no clock change", "2027-06-01T15:00:00-06:00", "America/Mexico_City", 60 * days, "2027-04-03T00:00:00-06:00"},
		{"90 days over the spring jump", "2027-06-01T15:00:00-04:00", "America/New_York", 90 * days, "2027-03-04T00:00:00-05:00"},
		{"a day whose next midnight does not exist", "2018-11-05T09:00:00-02:00", "America/Sao_Paulo", 2 * days, "2018-11-04T01:00:00-02:00"},
		{"across the date line", "2027-06-01T00:30:00+14:00", "Pacific/Kiritimati", days, "2027-06-01T00:00:00+14:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			times, err := timetable.CalculateCutoffs(timetable.CutoffRequest{At: instant(t, test.at), Zone: test.zone, Before: []options.Duration{test.before}})
			require.NoError(t, err)
			assert.Equal(t, instant(t, test.want).Add(-time.Nanosecond), times.By[0])
			assert.Equal(t, test.zone, times.Zone)
			assert.Equal(t, zonedata.Version(), times.ZoneData)
		})
	}
}

func TestCutoffsOfLessThanADayAreElapsed(t *testing.T) {
	at := instant(t, "2027-03-14T12:00:00-04:00")
	times, err := timetable.CalculateCutoffs(timetable.CutoffRequest{
		At: at, Zone: "America/New_York", Before: []options.Duration{36 * hour, hour, 0},
	})
	require.NoError(t, err)
	assert.Equal(t, []time.Time{at.Add(-36 * time.Hour), at.Add(-time.Hour), at}, times.By)
}

func TestAWrongCutoffNamesEveryField(t *testing.T) {
	_, err := timetable.CalculateCutoffs(timetable.CutoffRequest{Zone: "Nowhere", Before: []options.Duration{-hour}})
	for _, field := range []string{"zone:", "at:", "before[0]:"} {
		assert.ErrorContains(t, err, field)
	}
}
