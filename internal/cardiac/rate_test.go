package cardiac_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

func TestHeartRateIsTheMeanOfFourIntervals(t *testing.T) {
	beats := train(ms(2000), ms(700), ms(800), ms(900), ms(1000))
	rate, ok := cardiac.HeartRate(beats, last(beats).Add(ms(300)))
	require.True(t, ok)
	assert.InDelta(t, 4*60/3.4, rate.PerMinute, 1e-9)
	assert.Equal(t, 4, rate.Intervals)
	assert.Equal(t, ms(300), rate.Age)
}

func TestHeartRateSaysOnHowLittleItStands(t *testing.T) {
	gap := train(steady(ms(1000), 4)...)
	gap[4].AfterGap = true
	absurd := train(ms(1000), ms(150), ms(1000))
	silent := train(ms(1000), ms(10_001), ms(1000))
	twice := train(ms(1000), ms(500))
	twice = append(twice, twice[2])
	for name, c := range map[string]struct {
		beats     []cardiac.Beat
		later     time.Duration
		intervals int
	}{
		"no beat":                     {nil, 0, 0},
		"one beat of unknown RR":      {train(), 0, 0},
		"zero RR":                     {[]cardiac.Beat{{At: start}}, 0, 0},
		"one beat whose RR is known":  {[]cardiac.Beat{{At: start, RR: ms(800)}}, 0, 1},
		"two intervals":               {train(ms(800), ms(800)), 0, 2},
		"the newest is over a gap":    {gap, 0, 3},
		"an artefact":                 {absurd, 0, 2},
		"longer than any rate":        {silent, 0, 2},
		"negative RR":                 {[]cardiac.Beat{{At: start, RR: -ms(800)}}, 0, 0},
		"the newest came twice":       {twice, 0, 2},
		"older than the horizon":      {train(ms(800), ms(800)), cardiac.RateHorizon + 1, 0},
		"some older than the horizon": {train(ms(800), ms(800)), cardiac.RateHorizon, 1},
	} {
		t.Run(name, func(t *testing.T) {
			now := start
			if len(c.beats) > 0 {
				now = last(c.beats).Add(c.later)
			}
			rate, ok := cardiac.HeartRate(c.beats, now)
			assert.Equal(t, c.intervals, rate.Intervals)
			assert.Equal(t, c.intervals > 0, ok)
		})
	}
}

func TestAGapNeverJoinsBeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		beats := drawTrain(t, 1, 12)
		now := last(beats)
		want, wantOK := cardiac.HeartRate(beats, now)
		// Whatever stands where an interval over a gap would be, is not looked at.
		for i := range beats {
			if beats[i].AfterGap {
				beats[i].RR = time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "rr"))
			}
		}
		got, ok := cardiac.HeartRate(beats, now)
		if got != want || ok != wantOK {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestHeartRateLiesBetweenItsIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		beats := drawTrain(t, 0, 12)
		rate, ok := cardiac.HeartRate(beats, last(beats))
		if !ok {
			return
		}
		lowest, highest := math.Inf(1), 0.0
		for _, b := range beats {
			if b.RR >= cardiac.MinRR && !b.AfterGap {
				one := 60 / b.RR.Seconds()
				lowest, highest = min(lowest, one), max(highest, one)
			}
		}
		if !(rate.PerMinute >= lowest-1e-9 && rate.PerMinute <= highest+1e-9) {
			t.Fatalf("%v is not within %v and %v", rate.PerMinute, lowest, highest)
		}
	})
}

// The detector waits 2 s before it alarms on a low rate and 4 s on a high one, and
// has 10 s in all: so the estimate has 8 s and 6 s, polling included.
func TestHeartRateShowsAStepInTimeForTheAlarm(t *testing.T) {
	for _, step := range []struct {
		from, to, limit float64
		within          time.Duration
	}{
		{80, 39, 40, 8 * time.Second},
		{60, 35, 40, 8 * time.Second},
		{80, 35, 40, 8 * time.Second},
		{80, 49, 50, 8 * time.Second},
		{80, 121, 120, 6 * time.Second},
		{60, 180, 120, 6 * time.Second},
		{40, 121, 120, 6 * time.Second},
		{80, 101, 100, 6 * time.Second},
	} {
		t.Run(fmt.Sprintf("%v to %v", step.from, step.to), func(t *testing.T) {
			before := train(steady(rrOf(step.from), 20)...)
			changed := last(before)
			beats := train(append(steady(rrOf(step.from), 20), steady(rrOf(step.to), 40)...)...)
			for phase := time.Duration(0); phase < time.Second; phase += 100 * time.Millisecond {
				assert.LessOrEqual(t, shownAfter(beats, changed, phase, step.to, step.limit), step.within)
			}
		})
	}
}

// shownAfter polls once a second, phase after the change, until the rate is on the
// limit's other side.
func shownAfter(beats []cardiac.Beat, changed time.Time, phase time.Duration, to, limit float64) time.Duration {
	for after := phase; after < time.Minute; after += time.Second {
		now := changed.Add(after)
		seen := 0
		for seen < len(beats) && !beats[seen].At.After(now) {
			seen++
		}
		rate, _ := cardiac.HeartRate(beats[:seen], now)
		if to < limit && rate.PerMinute < limit || to > limit && rate.PerMinute > limit {
			return after
		}
	}
	return time.Hour
}
