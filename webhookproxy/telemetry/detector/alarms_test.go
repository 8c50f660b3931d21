package detector_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

func TestAWarningEscalatesEasesClearsAndComesAgain(t *testing.T) {
	t.Parallel()
	beats, begins := heart(part{80, 30 * s}, part{110, 40 * s}, part{130, 40 * s}, part{110, 60 * s}, part{80, 60 * s}, part{110, 40 * s})
	told := run(watch(t), play(beats, 270*s, timing{}, nil))
	require.Equal(t, []string{
		"heart-rate-high raised warning", "heart-rate-high escalated critical", "heart-rate-high eased warning",
		"heart-rate-high cleared warning", "heart-rate-high re-raised warning",
	}, vital(told))
	told = of(told, detector.HeartRateHigh)
	assert.InDelta(t, 15, told[0].At.Sub(begins[1]).Seconds(), 4, "a warning waits")
	assert.InDelta(t, 30, told[2].At.Sub(begins[3]).Seconds(), 4, "well inside for half a minute")
	assert.InDelta(t, 30, told[3].At.Sub(begins[4]).Seconds(), 4)
	assert.Equal(t, told[0].Since, told[3].Since, "the same episode")
	assert.Equal(t, []int{1, 2}, []int{told[3].Episode, told[4].Episode})
}

func TestWithinTheHysteresisNothingClears(t *testing.T) {
	t.Parallel()
	beats, _ := heart(part{80, 30 * s}, part{130, 20 * s}, part{117, 90 * s})
	told := run(watch(t), play(beats, 135*s, timing{}, nil))
	require.Equal(t, []string{"heart-rate-high raised critical"}, vital(told), "117 is not 5 below 120")
	beats, _ = heart(part{80, 30 * s}, part{130, 20 * s}, part{114, 60 * s})
	told = run(watch(t), play(beats, 105*s, timing{}, nil))
	require.Equal(t, []string{"heart-rate-high raised critical", "heart-rate-high eased warning"}, vital(told), "114 is")
}

func TestAValueThatFlapsDoesNotMakeTheAlarmFlap(t *testing.T) {
	around := func(middle, width float64) []input {
		return play(steady(70, 120*s), 120*s, timing{}, func(sample *reading.Sample) {
			off := width
			if sample.At.Second()%2 == 0 {
				off = -width
			}
			sample.Systolic = new(middle + off)
		})
	}
	require.Empty(t, vital(run(watch(t), around(80, 15))), "never below for two seconds")
	require.Empty(t, vital(run(watch(t), around(150, 3))), "never above for fifteen")

	clearing := play(steady(70, 120*s), 120*s, timing{}, func(sample *reading.Sample) {
		sample.Systolic = new(190.0)
		if second := sample.At.Sub(start) / s; second > 20 && second%20 != 0 {
			sample.Systolic = new(120.0)
		}
	})
	require.Equal(t, []string{"systolic-high raised critical"}, vital(run(watch(t), clearing)), "a second above in every twenty")
}

func TestPressureOfACuffIsOneReading(t *testing.T) {
	calls := play(steady(70, 200*s), 200*s, timing{}, func(sample *reading.Sample) {
		switch sample.At.Sub(start) {
		case 20 * s:
			sample.Systolic = new(75.0)
		case 100 * s:
			sample.Systolic = new(110.0)
		}
	})
	told := of(run(watch(t), calls), detector.SystolicLow)
	require.Equal(t, []string{"systolic-low raised critical", "systolic-low cleared critical"}, brief(told))
	assert.Equal(t, 22*s, told[0].At.Sub(start))
	assert.Equal(t, 130*s, told[1].At.Sub(start))
}

func TestPressureHasAllFourLimits(t *testing.T) {
	for _, c := range []struct {
		systolic float64
		want     []string
	}{
		{79, []string{"systolic-low raised critical"}}, {80, []string{"systolic-low raised warning"}},
		{89, []string{"systolic-low raised warning"}}, {90, []string{}}, {150, []string{}},
		{151, []string{"systolic-high raised warning"}}, {180, []string{"systolic-high raised warning"}}, {181, []string{"systolic-high raised critical"}},
	} {
		calls := play(steady(70, 30*s), 30*s, timing{}, func(sample *reading.Sample) { sample.Systolic = &c.systolic })
		require.Equal(t, c.want, vital(run(watch(t), calls)), c.systolic)
	}
}

func TestAPauseIsAWarningAtOnceAndAsystoleOfItsOwn(t *testing.T) {
	beats, begins := heart(part{70, 30 * s}, part{0, 2400 * time.Millisecond}, part{70, 60 * s})
	told := run(watch(t), play(beats, 80*s, timing{}, nil))
	require.Equal(t, []string{"pause raised warning", "pause cleared warning"}, vital(told))
	assert.LessOrEqual(t, told[0].At.Sub(begins[1]), 5*s)

	beats, _ = heart(part{70, 30 * s}, part{0, 30 * s}, part{70, 60 * s})
	told = run(watch(t), play(beats, 120*s, timing{}, nil))
	require.Equal(t, []string{"asystole raised critical", "asystole cleared critical"}, brief(of(told, detector.Asystole)))
}

func TestFibrillationIsToldAtItsOnsetAndItsEnd(t *testing.T) {
	t.Parallel()
	beats := steady(75, 110*s)
	last := func() time.Time { return beats[len(beats)-1] }
	for x := uint32(1); last().Before(start.Add(280 * s)); {
		x = x*1664525 + 1013904223 // irregular, and the same in each run
		beats = append(beats, last().Add(time.Duration(500+x>>23)*time.Millisecond))
	}
	for last().Before(start.Add(440 * s)) {
		beats = append(beats, last().Add(800*time.Millisecond))
	}
	calls := play(beats, 440*s, timing{}, nil)
	d := watch(t)
	var told []detector.Transition
	var checkpoints [][]byte // a second apart
	for _, call := range calls {
		told = append(told, of(do(d, call).Transitions, detector.AtrialFib)...)
		if call.batch != nil && call.at.After(start.Add(300*s)) && len(told) < 2 {
			checkpoints = append(checkpoints, checkpointOf(t, d))
		}
	}
	require.Equal(t, []string{"af raised warning", "af cleared warning"}, brief(told))
	assert.Greater(t, told[0].At.Sub(start), 110*s)
	assert.Greater(t, told[1].At.Sub(start), 310*s)

	// Fifteen seconds of an even pulse, and then nobody knows.
	d, err := detector.Restore(config(), checkpoints[len(checkpoints)-15], start)
	require.NoError(t, err)
	for after := range 60 {
		require.Empty(t, of(d.Tick(told[1].At.Add(time.Duration(after-15)*s)).Transitions, detector.AtrialFib))
	}
}

// withQT adds a QT that is this QTc by Fridericia.
func withQT(sample *reading.Sample, qtc float64, perMinute float64) {
	rr := 60_000 / perMinute
	sample.QT = &reading.QT{Ms: qtc * math.Cbrt(rr/1000), RRMs: rr, QRSMs: 90}
}

func qtcPlay(lasts time.Duration, qtc func(after time.Duration) float64, edit func(*reading.Sample)) []input {
	return play(steady(70, lasts), lasts, timing{}, func(sample *reading.Sample) {
		withQT(sample, qtc(sample.At.Sub(start)), 70)
		if edit != nil {
			edit(sample)
		}
	})
}

func TestQTcWarnsAndIsCriticalAndItsChangeToo(t *testing.T) {
	t.Parallel()
	told := run(watch(t), qtcPlay(240*s, func(after time.Duration) float64 {
		switch {
		case after < 30*s:
			return 420
		case after < 90*s:
			return 475
		case after < 140*s:
			return 510
		}
		return 430
	}, nil))
	require.Equal(t, []string{"qtc-high raised warning", "qtc-high escalated critical", "qtc-high cleared critical"}, brief(of(told, detector.QTcHigh)))
	require.Equal(t, []string{"qtc-change raised warning", "qtc-change cleared warning"}, brief(of(told, detector.QTcChange)))

	atTheLimit := play(steady(60, 60*s), 60*s, timing{}, func(sample *reading.Sample) { sample.QT = &reading.QT{Ms: 470, RRMs: 1000} })
	told = run(watch(t), atTheLimit)
	require.Equal(t, []string{"qtc-change raised warning"}, brief(of(told, detector.QTcChange)), "60 more than 410")

	d, err := detector.New(detector.Config{Device: device, Protocol: detector.Default()}, start)
	require.NoError(t, err)
	told = run(d, qtcPlay(60*s, func(time.Duration) float64 { return 475 }, nil))
	require.Equal(t, []string{"qtc-high raised warning"}, brief(told), "without a baseline there is no change")
}

func TestAQTcByAnotherFormulaIsJudgedByFridericia(t *testing.T) {
	calls := play(steady(110, 60*s), 60*s, timing{}, func(sample *reading.Sample) {
		sample.QT = &reading.QT{Ms: 514.5, Formula: reading.Bazett, RRMs: 60_000 / 110.0}
	})
	d := watch(t)
	require.Equal(t, []string{"qtc-high raised warning"}, brief(of(run(d, calls), detector.QTcHigh)), "465 by Fridericia")
	require.InDelta(t, 465.1, d.View().QTc.Value, 0.1)
}

func TestAQTcAlarmDoesNotEndBecauseNobodyCanJudgeIt(t *testing.T) {
	t.Parallel()
	wide := func(sample *reading.Sample) {
		if after := sample.At.Sub(start); after >= 60*s && after < 240*s {
			sample.QT.QRSMs = 140
		}
	}
	d := watch(t)
	calls := qtcPlay(320*s, func(after time.Duration) float64 {
		if after < 60*s {
			return 520
		}
		return 400
	}, wide)
	middle := 0
	for calls[middle].at.Before(start.Add(200 * s)) {
		middle++
	}
	told := run(d, calls[:middle])
	require.Equal(t, []string{
		"qtc-high raised critical", "qtc-change raised warning", "qtc-not-evaluable raised warning",
	}, brief(told))
	assert.InDelta(t, 130, told[2].At.Sub(start).Seconds(), 12, "a minute after the readings were wide")
	view := d.View()
	assert.Equal(t, "QTc not evaluable: wide QRS", view.QTcStatus)
	assert.Nil(t, view.QTc)
	assert.Equal(t, detector.QTcHigh, view.Alarms[0].Code, "still shown")

	told = run(d, calls[middle:])
	require.Equal(t, []string{"qtc-high cleared critical"}, brief(of(told, detector.QTcHigh)))
	require.Equal(t, detector.Cleared, of(told, detector.QTcNotEvaluable)[len(of(told, detector.QTcNotEvaluable))-1].Change)
	assert.Greater(t, of(told, detector.QTcHigh)[0].At.Sub(start), 270*s, "thirty seconds within its limit")
	assert.Equal(t, "QTc evaluable", d.View().QTcStatus)
}

func TestAMinuteWithoutAQTcIsTold(t *testing.T) {
	told := run(watch(t), play(steady(70, 80*s), 80*s, timing{}, nil))
	require.Equal(t, []string{"qtc-not-evaluable raised low"}, brief(told))
}

func TestALowBatteryIsTold(t *testing.T) {
	told := run(watch(t), play(steady(70, 20*s), 20*s, timing{}, func(sample *reading.Sample) { sample.Battery = new(19.0) }))
	require.Equal(t, []string{"battery-low raised low"}, brief(told))
}

func TestAMonitorWithoutBeatsIsWatchedByItsOwnRate(t *testing.T) {
	told := run(watch(t), play(nil, 60*s, timing{}, func(sample *reading.Sample) {
		sample.HeartRate = new(70.0)
		if sample.At.Sub(start) >= 30*s {
			sample.HeartRate = new(0.0)
		}
	}))
	require.Equal(t, []string{"heart-rate-low raised critical"}, vital(told), "and no asystole for beats that it never sends")
}

func TestThresholdsAreTheProtocols(t *testing.T) {
	protocol := detector.Default()
	protocol.HeartRate.WarningLow, protocol.HeartRate.CriticalLow = 45, 35
	protocol.SignedBy, protocol.SignedAt = "staff/12", start.Add(-time.Hour)
	d, err := detector.New(detector.Config{Device: device, Protocol: protocol}, start)
	require.NoError(t, err)
	beats, _ := heart(part{80, 30 * s}, part{38, 40 * s})
	require.Equal(t, []string{"heart-rate-low raised warning"}, vital(run(d, play(beats, 65*s, timing{}, nil))))

	protocol.SignedBy = ""
	_, err = detector.New(detector.Config{Device: device, Protocol: protocol}, start)
	require.ErrorContains(t, err, "need signedBy")
}
