package cardiac_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

// TestWhateverComesNothingIsNaN: beats in any order with any interval, readings
// with any number, windows turned round.
func TestWhateverComesNothingIsNaN(t *testing.T) {
	span := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-int64(time.Minute), int64(time.Minute)))
	rapid.Check(t, func(t *rapid.T) {
		instant := func(label string) time.Time { return start.Add(time.Duration(span.Draw(t, label))) }
		var beats []cardiac.Beat
		var readings []cardiac.QTReading
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			beats = append(beats, cardiac.Beat{
				At: instant("at"), RR: time.Duration(span.Draw(t, "rr")),
				Kind: cardiac.BeatKind(rapid.Uint8Range(0, 4).Draw(t, "kind")), AfterGap: rapid.Bool().Draw(t, "gap"),
			})
			readings = append(readings, cardiac.QTReading{
				At: instant("at"), QT: anyFloat(t, "qt"), RR: time.Duration(span.Draw(t, "rr")), QRS: anyFloat(t, "qrs"),
			})
		}
		now := instant("now")
		window := cardiac.Stretch{From: instant("from"), To: instant("to")}

		r := cardiac.Assess(beats, window, now, cardiac.DefaultLimits())
		hrv, _ := cardiac.Variability(beats, window)
		qtc := cardiac.JudgeQTc(readings, r.Irregularity.SuggestsAF, now)
		median, _ := qtc.Value()
		change, _ := qtc.Change(anyFloat(t, "baseline"))
		for _, x := range []float64{r.Rate.PerMinute, r.Irregularity.Entropy, hrv.SDNN, hrv.RMSSD, hrv.PNN50, hrv.Coverage, median, change} {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("%+v %+v %+v", r, hrv, qtc)
			}
		}
		if hrv.Coverage < 0 || hrv.Coverage > 1 || r.Silence < 0 || r.Rate.PerMinute < 0 || r.Rate.PerMinute > 300.0001 {
			t.Fatalf("%+v %+v", r, hrv)
		}
	})
}

func anyFloat(t *rapid.T, label string) float64 {
	return rapid.OneOf(rapid.Float64(), rapid.Float64Range(100, 1200), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0})).Draw(t, label)
}

func TestTheCallsOfEverySecondHardlyAllocate(t *testing.T) {
	beats := train(fibrillating(400)...)
	all := readings(make([]float64, 30)...)
	for i := range all {
		all[i].QT = 400 + float64(i)
	}
	now := last(beats)
	limits := cardiac.DefaultLimits()
	var evaluable bool
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		cardiac.Assess(beats, whole(now), now, limits)
		_, evaluable = cardiac.JudgeQTc(all, cardiac.No, lastReading(all)).Value()
		cardiac.Variability(beats, whole(now))
	}), 1.0, "the readings of the median")
	assert.True(t, evaluable)
}
