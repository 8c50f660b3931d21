package cardiac_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/cardiac"
)

func assess(beats []cardiac.Beat, now time.Time) cardiac.Rhythm {
	return cardiac.Assess(beats, whole(now), now, cardiac.DefaultLimits())
}

func TestRateFlags(t *testing.T) {
	for name, c := range map[string]struct {
		perMinute   float64
		brady, fast cardiac.Verdict
	}{
		"slow":           {49, cardiac.Yes, cardiac.No},
		"at the low":     {50, cardiac.No, cardiac.No},
		"usual":          {72, cardiac.No, cardiac.No},
		"at the high":    {100, cardiac.No, cardiac.No},
		"fast":           {101, cardiac.No, cardiac.Yes},
		"very slow":      {22, cardiac.Yes, cardiac.No},
		"extremely fast": {290, cardiac.No, cardiac.Yes},
	} {
		t.Run(name, func(t *testing.T) {
			beats := train(steady(rrOf(c.perMinute), 6)...)
			r := assess(beats, last(beats))
			assert.Equal(t, c.brady, r.Bradycardia)
			assert.Equal(t, c.fast, r.Tachycardia)
			assert.InDelta(t, c.perMinute, r.Rate.PerMinute, 1e-4)
		})
	}
}

func TestFlagsThatCannotBeJudgedAreUnknown(t *testing.T) {
	few := train(steady(ms(2000), 3)...)
	r := assess(few, last(few))
	assert.Equal(t, cardiac.Unknown, r.Bradycardia, "three intervals")
	assert.Equal(t, cardiac.Unknown, r.Tachycardia)
	assert.Equal(t, cardiac.No, r.Pause)

	slow := train(steady(ms(2000), 6)...)
	r = assess(slow, last(slow).Add(cardiac.StaleAfter+1))
	assert.Equal(t, cardiac.Unknown, r.Bradycardia, "the beats are stale")

	assert.Equal(t, cardiac.Rhythm{}.Pause, cardiac.Unknown, "nobody has judged")
	assert.Equal(t, "unknown no yes", cardiac.Unknown.String()+" "+cardiac.No.String()+" "+cardiac.Yes.String())
}

func TestSilenceBecomesAPauseAndThenAsystole(t *testing.T) {
	beats := train(steady(ms(800), 6)...)
	for _, c := range []struct {
		silent          time.Duration
		pause, asystole cardiac.Verdict
	}{
		{0, cardiac.No, cardiac.No},
		{ms(2999), cardiac.No, cardiac.No},
		{ms(3000), cardiac.Yes, cardiac.No},
		{ms(3999), cardiac.Yes, cardiac.No},
		{ms(4000), cardiac.Yes, cardiac.Yes},
		{time.Minute, cardiac.Yes, cardiac.Yes},
	} {
		r := assess(beats, last(beats).Add(c.silent))
		assert.Equal(t, c.silent, r.Silence)
		assert.Equal(t, c.pause, r.Pause, c.silent)
		assert.Equal(t, c.asystole, r.Asystole, c.silent)
	}
	r := assess(nil, start)
	assert.Equal(t, cardiac.Yes, r.Asystole, "an hour of signal and never a beat")
}

func TestAPauseBetweenTwoCallsIsNotMissed(t *testing.T) {
	beats := train(append(steady(ms(800), 6), ms(4100), ms(800))...)
	assert.Equal(t, cardiac.Yes, assess(beats, last(beats)).Asystole)

	beats = train(append(append(steady(ms(800), 6), ms(4100)), steady(ms(800), 12)...)...)
	assert.Equal(t, cardiac.Yes, assess(beats, last(beats)).Asystole, "9.6 s ago")
	beats = train(append(append(steady(ms(800), 6), ms(4100)), steady(ms(800), 13)...)...)
	assert.Equal(t, cardiac.No, assess(beats, last(beats)).Asystole, "10.4 s ago")
}

func TestALongerIntervalThanAnyRateIsStillAPause(t *testing.T) {
	beats := train(ms(800), ms(12_000))
	assert.Equal(t, cardiac.Yes, assess(beats, last(beats)).Asystole)
}

func TestALostSignalIsNoAsystole(t *testing.T) {
	beats := train(steady(ms(800), 6)...)
	limits := cardiac.DefaultLimits()
	now := last(beats).Add(8 * time.Second)

	lost := cardiac.Stretch{From: start, To: last(beats).Add(time.Second)}
	r := cardiac.Assess(beats, lost, now, limits)
	assert.Equal(t, cardiac.Unknown, r.Asystole, "the lead came off one second after the beat")
	assert.Equal(t, time.Second, r.Silence)

	back := cardiac.Stretch{From: now.Add(-ms(3500)), To: now}
	r = cardiac.Assess(beats, back, now, limits)
	assert.Equal(t, cardiac.Yes, r.Pause, "3.5 s since the lead is on again")
	assert.Equal(t, cardiac.Unknown, r.Asystole, "what was before, nobody knows")
	assert.Equal(t, ms(3500), r.Silence)

	gap := train(append(steady(ms(800), 6), ms(9000))...)
	gap[7].AfterGap = true
	r = cardiac.Assess(gap, cardiac.Stretch{From: last(gap), To: last(gap)}, last(gap), limits)
	assert.Equal(t, cardiac.No, r.Asystole, "the interval lies over a gap")
	assert.Zero(t, r.Silence)
}

func TestShortGapsDuringAStandstillDoNotPassForBeats(t *testing.T) {
	beats := train(steady(ms(800), 6)...)
	now := last(beats).Add(30 * time.Second)
	r := cardiac.Assess(beats, cardiac.Stretch{From: now.Add(-ms(1500)), To: now}, now, cardiac.DefaultLimits())
	assert.Equal(t, cardiac.Unknown, r.Pause)
	assert.Equal(t, cardiac.Unknown, r.Asystole)
}

func TestAnIntervalAgainstTheBeatsTimesIsNoPause(t *testing.T) {
	beats := train(steady(ms(800), 6)...)
	beats[5].RR = ms(5000) // reaches back over beats that were seen
	assert.Equal(t, cardiac.No, assess(beats, last(beats)).Asystole)
}

func TestLimitsThatSwitchAFlagOffAreRefused(t *testing.T) {
	require.NoError(t, cardiac.DefaultLimits().Check())
	for name, l := range map[string]cardiac.Limits{
		"none":          {},
		"crossed":       {100, 50, 3 * time.Second},
		"NaN":           {math.NaN(), 100, 3 * time.Second},
		"infinite":      {50, math.Inf(1), 3 * time.Second},
		"too slow":      {1, 100, 3 * time.Second},
		"no pause":      {50, 100, 0},
		"pause of 10 s": {50, 100, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) { assert.ErrorContains(t, l.Check(), "rhythm limits: want ") })
	}
}
