package cardiac_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// train is a first beat at start, whose interval nobody saw, and one beat after
// each interval.
func train(intervals ...time.Duration) []cardiac.Beat {
	beats := []cardiac.Beat{{At: start, Kind: cardiac.Normal, AfterGap: true}}
	for _, rr := range intervals {
		beats = append(beats, cardiac.Beat{At: last(beats).Add(rr), RR: rr, Kind: cardiac.Normal})
	}
	return beats
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func steady(rr time.Duration, n int) []time.Duration { return slices.Repeat([]time.Duration{rr}, n) }

func last(beats []cardiac.Beat) time.Time { return beats[len(beats)-1].At }

func rrOf(perMinute float64) time.Duration {
	return time.Duration(float64(time.Minute) / perMinute)
}

// whole is a signal without a break until now.
func whole(now time.Time) cardiac.Stretch {
	return cardiac.Stretch{From: start.Add(-time.Hour), To: now}
}

// drawTrain draws beats in a row, some after gaps and some ectopic, with
// intervals around a level that is the same for all or for none.
func drawTrain(t *rapid.T, least, most int) []cardiac.Beat {
	level := time.Duration(rapid.IntRange(250, 1900).Draw(t, "level ms")) * time.Millisecond
	spread := rapid.SampledFrom([]int{0, 3, 60_000, 400_000}).Draw(t, "spread us")
	kinds := rapid.SampledFrom([]cardiac.BeatKind{cardiac.Normal, cardiac.Normal, cardiac.Normal, cardiac.Unclassified, cardiac.Ectopic})
	var intervals []time.Duration
	for range rapid.IntRange(least, most).Draw(t, "intervals") {
		off := time.Duration(rapid.IntRange(-spread, spread).Draw(t, "off us")) * time.Microsecond
		intervals = append(intervals, max(level+off, 100*time.Millisecond))
	}
	beats := train(intervals...)
	for i := range beats {
		beats[i].Kind = kinds.Draw(t, "kind")
		if rapid.IntRange(0, 15).Draw(t, "gap") == 0 {
			beats[i].AfterGap = true
		}
	}
	return beats
}
