package zonedata_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/timetable/zonedata"
)

func TestVersionIsARelease(t *testing.T) {
	assert.Regexp(t, `^20[2-9][0-9][a-z]$`, zonedata.Version())
}

func TestLoadKnowsTheWorld(t *testing.T) {
	for _, name := range []string{"UTC", "America/Mexico_City", "Asia/Calcutta", "Etc/GMT+12", "US/Eastern", "America/Argentina/Buenos_Aires"} {
		zone, err := zonedata.Load(name)
		require.NoError(t, err, name)
		assert.Equal(t, name, zone.String())
	}
}

func TestLoadAnswersFromItsOwnFiles(t *testing.T) {
	t.Setenv("ZONEINFO", t.TempDir())
	t.Setenv("TZ", "Asia/Tokyo")
	zone, err := zonedata.Load("America/Vancouver")
	require.NoError(t, err)
	_, offset := time.Date(2026, 12, 12, 0, 0, 0, 0, time.UTC).In(zone).Zone()
	assert.Equal(t, -7*3600, offset, "British Columbia stays on -07:00 from 2026 on, whatever the machine thinks")
}

func TestLoadRefusesTheMachinesZone(t *testing.T) {
	for _, name := range []string{"", "Local", "VERSION", "localtime", "posixrules", "zone.tab"} {
		_, err := zonedata.Load(name)
		require.Error(t, err, name)
	}
}
