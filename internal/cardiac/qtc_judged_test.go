package cardiac_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

// readings are one per second at 60/min, where QT and QTc are equal.
func readings(qts ...float64) []cardiac.QTReading {
	var all []cardiac.QTReading
	for i, qt := range qts {
		all = append(all, cardiac.QTReading{At: start.Add(time.Duration(i) * time.Second), QT: qt, RR: time.Second, QRS: 90})
	}
	return all
}

func lastReading(all []cardiac.QTReading) time.Time { return all[len(all)-1].At }

func TestQTcIsTheMedianOfTheNewestTenSeconds(t *testing.T) {
	all := readings(700, 700, 700, 400, 410, 420, 430, 440, 450, 460, 470, 480, 900, 300)
	judged := cardiac.JudgeQTc(all, cardiac.No, lastReading(all).Add(time.Second))

	value, ok := judged.Value()
	require.True(t, ok)
	assert.Equal(t, 440.0, value, "of 400 to 480, 900 and 300: two outliers do not move it")
	assert.Equal(t, 11, judged.Readings)
	assert.Equal(t, 10*time.Second, judged.Span)
	assert.Equal(t, time.Second, judged.Age)

	change, ok := judged.Change(410)
	require.True(t, ok)
	assert.Equal(t, 30.0, change)
	_, ok = judged.Change(0)
	assert.False(t, ok, "there is no baseline")
}

func TestQTcOfAnEvenNumberIsBetweenTheMiddleTwo(t *testing.T) {
	all := readings(400, 400, 400, 400, 450, 450, 450, 450)
	for i := range all { // eight readings need 12 s at 40/min
		all[i].At = start.Add(time.Duration(i) * 1500 * time.Millisecond)
	}
	judged := cardiac.JudgeQTc(all, cardiac.No, lastReading(all))
	value, ok := judged.Value()
	require.True(t, ok)
	assert.Equal(t, 425.0, value)
}

func TestQTcNamesWhyItIsNotEvaluable(t *testing.T) {
	twelve := slices.Repeat([]float64{520}, 12)
	change := func(count int, edit func(*cardiac.QTReading)) []cardiac.QTReading {
		all := readings(twelve...)
		for i := range count {
			edit(&all[len(all)-1-i])
		}
		return all
	}
	none := func(*cardiac.QTReading) {}
	wide := func(r *cardiac.QTReading) { r.QRS = cardiac.WideQRSFrom }
	fast := func(r *cardiac.QTReading) { r.RR = 390 * time.Millisecond; r.QT = 350 }
	slow := func(r *cardiac.QTReading) { r.RR = 2100 * time.Millisecond }
	artefact := func(r *cardiac.QTReading) { r.RR = 0 }
	for name, c := range map[string]struct {
		readings []cardiac.QTReading
		af       cardiac.Verdict
		later    time.Duration
		want     cardiac.Status
	}{
		"judged":                        {change(0, none), cardiac.No, 0, cardiac.Evaluable},
		"rhythm not known yet":          {change(0, none), cardiac.Unknown, 0, cardiac.Evaluable},
		"atrial fibrillation":           {change(0, none), cardiac.Yes, 0, cardiac.AtrialFibrillation},
		"wide":                          {change(12, wide), cardiac.No, 0, cardiac.WideQRS},
		"most are wide":                 {change(7, wide), cardiac.No, 0, cardiac.WideQRS},
		"QRS not reported":              {change(12, func(r *cardiac.QTReading) { r.QRS = 0 }), cardiac.No, 0, cardiac.Evaluable},
		"one is wide":                   {change(1, wide), cardiac.No, 0, cardiac.Evaluable},
		"too fast":                      {change(12, fast), cardiac.No, 0, cardiac.RateOutOfRange},
		"too slow":                      {change(12, slow), cardiac.No, 0, cardiac.RateOutOfRange},
		"one too slow":                  {change(1, slow), cardiac.No, 0, cardiac.Evaluable},
		"artefacts count as none":       {change(4, artefact), cardiac.No, 0, cardiac.TooFewReadings},
		"none":                          {nil, cardiac.No, 0, cardiac.TooFewReadings},
		"eight within less than 10 s":   {change(0, none)[:10], cardiac.No, 0, cardiac.TooFewReadings},
		"ten seconds with too few":      {[]cardiac.QTReading{change(0, none)[0], change(0, none)[11]}, cardiac.No, 0, cardiac.TooFewReadings},
		"out of the horizon":            {change(0, none), cardiac.No, 40 * time.Second, cardiac.TooFewReadings},
		"some in, not enough":           {change(0, none), cardiac.No, 21 * time.Second, cardiac.TooFewReadings},
		"old, but within the horizon":   {change(0, none), cardiac.No, 19 * time.Second, cardiac.Evaluable},
		"newest first is no such slice": {reversed(change(0, none)), cardiac.No, 0, cardiac.TooFewReadings},
	} {
		t.Run(name, func(t *testing.T) {
			judged := cardiac.JudgeQTc(c.readings, c.af, start.Add(11*time.Second+c.later))
			assert.Equal(t, c.want, judged.Status, judged.Status.String())
			_, evaluable := judged.Value()
			assert.Equal(t, c.want == cardiac.Evaluable, evaluable)
			_, comparable := judged.Change(400)
			assert.Equal(t, c.want == cardiac.Evaluable, comparable)
		})
	}
}

func reversed(all []cardiac.QTReading) []cardiac.QTReading {
	slices.Reverse(all)
	return all
}

func TestAQTcThatNobodyJudgedIsNoValue(t *testing.T) {
	var never cardiac.QTc
	_, ok := never.Value()
	assert.False(t, ok)
	assert.Equal(t, "QTc not evaluable: not judged", never.Status.String())
}

func TestQTcIsOneOfItsReadingsOrBetweenTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := readings(rapid.SliceOfN(rapid.Float64Range(300, 600), 11, 60).Draw(t, "qt")...)
		for i := range all {
			all[i].RR = time.Duration(rapid.IntRange(400, 2000).Draw(t, "rr ms")) * time.Millisecond
		}
		judged := cardiac.JudgeQTc(all, cardiac.No, lastReading(all))
		value, ok := judged.Value()
		if !ok {
			t.Fatal(judged.Status)
		}
		below, above := 0, 0
		for _, r := range all[len(all)-judged.Readings:] {
			corrected, err := cardiac.Fridericia.Correct(r.QT, r.RR)
			if err != nil {
				t.Fatal(err)
			}
			if corrected < value {
				below++
			}
			if corrected > value {
				above++
			}
		}
		if half := judged.Readings / 2; below > half || above > half {
			t.Fatalf("%d readings below and %d above the median of %d", below, above, judged.Readings)
		}
	})
}
