package programs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/programs"
)

func TestQuietWindow(t *testing.T) {
	night, err := programs.QuietHours{From: "21:00", To: "08:00"}.Window()
	require.NoError(t, err)
	for clock, quiet := range map[time.Duration]bool{
		0: true, 8*time.Hour - 1: true, 8 * time.Hour: false, 21*time.Hour - 1: false, 21 * time.Hour: true, 24*time.Hour - 1: true,
	} {
		assert.Equal(t, quiet, night.Contains(clock), clock.String())
	}
	none, err := programs.QuietHours{}.Window()
	require.NoError(t, err)
	assert.False(t, none.Set)
	assert.False(t, none.Contains(0))
}

func TestQuietWindowRefusesHalfAWindow(t *testing.T) {
	for _, bad := range []programs.QuietHours{{From: "21:00"}, {To: "08:00"}, {From: "9:00", To: "10:00"}, {From: "24:00", To: "08:00"}, {From: "08:00", To: "08:00"}} {
		_, err := bad.Window()
		require.Error(t, err, bad)
	}
}
