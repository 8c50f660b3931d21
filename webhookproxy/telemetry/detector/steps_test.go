package detector_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
)

// timings are the ways in which samples, arrivals and ticks can meet.
func timings() []timing {
	var all []timing
	for _, phase := range []time.Duration{0, 400, 999} {
		for _, tick := range []time.Duration{50, 550} {
			all = append(all, timing{phase: phase * time.Millisecond, tick: tick * time.Millisecond, latency: 200 * time.Millisecond, monitorAhead: -time.Hour})
		}
	}
	return all
}

// latest plays a heart that changes after a while in all timings and returns
// the longest time from the change until the alarm is critical.
func latest(t *testing.T, alarm string, parts ...part) time.Duration {
	var longest time.Duration
	beats, begins := heart(parts...)
	for _, how := range timings() {
		told := of(run(watch(t), play(beats, 36*s, how, nil)), alarm)
		require.NotEmpty(t, told, "%+v", how)
		last := told[0]
		require.Equal(t, detector.Critical, last.Priority, "%+v", how)
		require.False(t, last.Since.After(last.At))
		longest = max(longest, last.At.Sub(begins[1]))
	}
	return longest
}

func TestEveryStepOfTheHeartRateIsAnAlarmWithinTenSeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to float64
		alarm    string
	}{
		{80, 121, detector.HeartRateHigh}, {100, 150, detector.HeartRateHigh}, {60, 180, detector.HeartRateHigh},
		{80, 39, detector.HeartRateLow}, {60, 35, detector.HeartRateLow},
	} {
		t.Run(fmt.Sprintf("%v to %v", c.from, c.to), func(t *testing.T) {
			took := latest(t, c.alarm, part{c.from, 18 * s}, part{c.to, 18 * s})
			require.LessOrEqual(t, took, 10*s)
			t.Logf("at most %v", took)
		})
	}
}

func TestAsystoleIsAnAlarmWithinFiveAndAHalfSeconds(t *testing.T) {
	took := latest(t, detector.Asystole, part{70, 18 * s}, part{0, 18 * s})
	require.LessOrEqual(t, took, 5500*time.Millisecond)
	require.GreaterOrEqual(t, took, 4*s)
	t.Logf("at most %v", took)
}

func TestAUsualHeartIsNoAlarm(t *testing.T) {
	for _, perMinute := range []float64{50, 72, 100} {
		require.Empty(t, vital(run(watch(t), play(steady(perMinute, 60*s), 60*s, timing{}, nil))), perMinute)
	}
}
