package detector_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

// without takes the batches of a time away; ticks stay.
func without(calls []input, from, to time.Duration) []input {
	return slices.DeleteFunc(slices.Clone(calls), func(c input) bool {
		return c.batch != nil && !c.at.Before(start.Add(from)) && c.at.Before(start.Add(to))
	})
}

// renumbered is what a gateway sends that was off: no number is missing.
func renumbered(calls []input) []input {
	number := uint64(0)
	for i := range calls {
		if calls[i].batch != nil {
			batch := *calls[i].batch
			number++
			batch.Sequence = number
			calls[i].batch = &batch
		}
	}
	return calls
}

func TestALostSignalIsStaleAndNothingElse(t *testing.T) {
	beats, _ := heart(part{70, 30 * s}, part{0, 60 * s})
	calls := play(beats, 90*s, timing{tick: 300 * time.Millisecond}, nil)
	told := run(watch(t), without(calls, 31*s, 90*s))
	require.Equal(t, []string{"stream-stale raised warning"}, vital(told), "the heart may stand still: nobody knows")
	assert.LessOrEqual(t, told[0].At.Sub(start), (30+5+2)*s, "known within ten seconds")
}

func TestAnAlarmLastsWhileNobodyKnows(t *testing.T) {
	beats, _ := heart(part{80, 30 * s}, part{130, 30 * s}, part{80, 200 * s})
	calls := renumbered(without(play(beats, 260*s, timing{}, nil), 60*s, 180*s))
	told := of(run(watch(t), calls), detector.HeartRateHigh)
	require.Equal(t, []string{"heart-rate-high raised critical", "heart-rate-high cleared critical"}, brief(told))
	assert.GreaterOrEqual(t, told[1].At.Sub(start), 210*s, "thirty seconds that were seen")
}

func TestAStreamThatIsBackIsNotStale(t *testing.T) {
	told := of(run(watch(t), renumbered(without(play(steady(70, 100*s), 100*s, timing{}, nil), 30*s, 45*s))), detector.StreamStale)
	require.Equal(t, []string{"stream-stale raised warning", "stream-stale cleared warning"}, brief(told))
}

func TestASessionWithoutAnySampleIsLowPriority(t *testing.T) {
	var calls []input
	for at := start; at.Before(start.Add(10 * s)); at = at.Add(s) {
		calls = append(calls, input{at: at})
	}
	told := run(watch(t), calls)
	require.Equal(t, []string{"stream-stale raised low"}, brief(told), "never connected is not lost")
	require.Equal(t, 6*s, told[0].At.Sub(start))

	d, err := detector.New(detector.Config{Protocol: detector.Default()}, start)
	require.NoError(t, err)
	require.Empty(t, run(d, calls), "a device that no session has owes none")
}

func TestALeadIsLostOnlyAfterAValidECG(t *testing.T) {
	off := func(from, to time.Duration) func(*reading.Sample) {
		return func(sample *reading.Sample) {
			if after := sample.At.Sub(start); after >= from && after < to {
				sample.Leads, sample.Beats = reading.LeadsOff, nil
			}
		}
	}
	beats, _ := heart(part{70, 100 * s})
	told := run(watch(t), play(beats, 100*s, timing{}, off(0, 20*s)))
	require.Equal(t, []string{"lead-off raised low", "lead-off cleared low"}, vital(told))

	told = run(watch(t), play(beats, 100*s, timing{}, off(20*s, 65*s)))
	require.Equal(t, []string{"lead-off raised warning", "lead-off cleared warning"}, vital(told), "and nothing else")

	beats, begins := heart(part{70, 30 * s}, part{0, 60 * s})
	told = run(watch(t), play(beats, 80*s, timing{}, off(31*s, 40*s)))
	require.Equal(t, []string{"lead-off raised warning", "pause raised warning", "asystole raised critical", "lead-off cleared warning"}, vital(told))
	assert.LessOrEqual(t, of(told, detector.Asystole)[0].At.Sub(begins[1]), (10+4+2)*s, "four seconds after the lead is on again")
}

func TestAnUnusableSignalIsNoStandstill(t *testing.T) {
	beats, _ := heart(part{70, 30 * s}, part{0, 60 * s})
	told := run(watch(t), play(beats, 60*s, timing{}, func(sample *reading.Sample) {
		if sample.At.Sub(start) > 30*s {
			sample.Quality = reading.Unusable
		}
	}))
	require.Equal(t, []string{"signal-unusable raised warning"}, vital(told))
}

func TestNothingAlarmsBeforeAValidECG(t *testing.T) {
	told := run(watch(t), play(nil, 60*s, timing{}, nil))
	require.Equal(t, []string{"no-heart-rate raised warning"}, brief(told), "but who looks knows")
	require.Equal(t, 30*s, told[0].At.Sub(start))
	d := watch(t)
	run(d, play(steady(70, 10*s), 3*s, timing{}, nil))
	require.False(t, d.View().Armed, "three beats")
	require.Empty(t, run(watch(t), play(steady(70, 3*s), 20*s, timing{}, nil)), "and then none: still being put on")
	zero := func(sample *reading.Sample) { sample.HeartRate = new(0.0) }
	require.Empty(t, run(watch(t), play(nil, 20*s, timing{}, zero)), "a rate of zero is no ECG")
	d = watch(t)
	run(d, play(steady(70, 10*s), 10*s, timing{}, nil))
	require.True(t, d.View().Armed)
}

func TestAMissingNumberIsAGapAndNoStandstill(t *testing.T) {
	calls := without(play(steady(70, 60*s), 60*s, timing{}, nil), 20*s, 24*s)
	d := watch(t)
	var gaps []reading.Gap
	var told []detector.Transition
	for _, call := range calls {
		found := do(d, call)
		gaps, told = append(gaps, found.Gaps...), append(told, found.Transitions...)
	}
	require.Equal(t, []reading.Gap{{From: 21, To: 24}}, gaps)
	require.Equal(t, []string{"sequence-gap raised low", "sequence-gap cleared low"}, vital(told))
}

func TestBatchesThatChangePlacesAreNoGap(t *testing.T) {
	beats, begins := heart(part{70, 30 * s}, part{0, 30 * s})
	calls := play(beats, 55*s, timing{tick: 500 * time.Millisecond, latency: 100 * time.Millisecond}, nil)
	var batches []int
	for i, call := range calls {
		if call.batch != nil {
			batches = append(batches, i)
		}
	}
	for i := 0; i+1 < len(batches); i += 2 { // every pair, as two processes may store them
		a, b := &calls[batches[i]], &calls[batches[i+1]]
		a.batch, b.batch = b.batch, a.batch
		a.at = b.at.Add(-50 * time.Millisecond)
	}
	slices.SortStableFunc(calls, func(a, b input) int { return a.at.Compare(b.at) })
	d := watch(t)
	var told []detector.Transition
	for _, call := range calls {
		found := do(d, call)
		require.Empty(t, found.Gaps)
		told = append(told, found.Transitions...)
	}
	require.Equal(t, []string{"pause raised warning", "asystole raised critical"}, vital(told))
	require.LessOrEqual(t, told[1].At.Sub(begins[1]), 7*s)
}

func TestOnlySoManyBatchesWaitForAnEarlierOne(t *testing.T) {
	d := watch(t)
	d.Feed(telling(1), start)
	var gaps []reading.Gap
	for number := uint64(3); number < 30; number++ {
		gaps = append(gaps, d.Feed(telling(number), start).Gaps...)
	}
	require.Equal(t, []reading.Gap{{From: 2, To: 2}}, gaps)
}

func TestABatchFedTwiceChangesNothing(t *testing.T) {
	beats, _ := heart(part{70, 30 * s}, part{130, 30 * s})
	calls := play(beats, 60*s, timing{}, nil)
	twice := slices.Clone(calls)
	var batches []*reading.Batch
	for _, call := range calls {
		if call.batch != nil {
			batches = append(batches, call.batch)
			twice = append(twice, call, input{at: call.at, batch: batches[max(0, len(batches)-6)]})
		}
	}
	slices.SortStableFunc(twice, func(a, b input) int { return a.at.Compare(b.at) })
	require.Equal(t, run(watch(t), calls), run(watch(t), twice))
}

func TestBackfillNeitherRaisesNorClears(t *testing.T) {
	bad := play(steady(180, 60*s), 60*s, timing{}, func(sample *reading.Sample) { sample.Systolic = new(60.0) })
	for i := range bad {
		if bad[i].batch != nil {
			bad[i].batch.Backfill = true
			bad[i].batch.Alarms = []reading.Alarm{{Code: "vf", Priority: reading.High, Start: start}}
		}
	}
	require.Equal(t, []string{"stream-stale raised low"}, brief(run(watch(t), bad)))

	// An alarm lasts while backfill says that all is well.
	beats, _ := heart(part{80, 30 * s}, part{130, 30 * s}, part{80, 60 * s})
	calls := play(beats, 120*s, timing{}, nil)
	for i := range calls {
		if calls[i].batch != nil && calls[i].at.After(start.Add(60*s)) {
			calls[i].batch.Backfill = true
		}
	}
	require.Equal(t, []string{"heart-rate-high raised critical", "stream-stale raised warning"}, vital(run(watch(t), calls)))
}

func TestSamplesOfAnotherDeviceAreNotJudged(t *testing.T) {
	calls := play(steady(180, 40*s), 40*s, timing{}, nil)
	for i := range calls {
		if calls[i].batch != nil {
			calls[i].batch.Device = "monitor-8"
		}
	}
	require.Equal(t, []string{"unassigned-device raised warning", "stream-stale raised low"}, brief(run(watch(t), calls)))

	d, err := detector.New(detector.Config{Protocol: detector.Default()}, start)
	require.NoError(t, err)
	calls[len(calls)-1].batch = &reading.Batch{Device: device, Sequence: 1, Alarms: []reading.Alarm{{Code: "vf", Priority: reading.High, Start: start}}}
	require.Equal(t, []string{"unassigned-device raised warning", "monitor/vf raised critical"}, brief(run(d, calls)))
}

func TestAMonitorsClockThatIsSetDoesNotBlindTheDetector(t *testing.T) {
	for name, step := range map[string]time.Duration{"back": -time.Hour, "a little back": -1500 * time.Millisecond, "ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			beats, begins := heart(part{70, 60 * s}, part{0, 30 * s})
			calls := play(beats, 90*s, timing{}, func(sample *reading.Sample) {
				if sample.At.Sub(start) >= 40*s {
					ahead(sample, step)
				}
			})
			told := run(watch(t), calls)
			require.Equal(t, []string{"pause raised warning", "asystole raised critical"}, vital(told))
			require.LessOrEqual(t, told[1].At.Sub(begins[1]), 5500*time.Millisecond)
		})
	}
}

func TestTheViewShowsAgesAndTheMostUrgentFirst(t *testing.T) {
	d := watch(t)
	beats, _ := heart(part{70, 20 * s}, part{130, 30 * s})
	run(d, play(beats, 50*s, timing{}, func(sample *reading.Sample) {
		sample.Battery, sample.Systolic, sample.Diastolic, sample.SpO2 = new(10.0), new(120.0), new(80.0), new(97.0)
	}))
	d.Tick(start.Add(52 * s))
	v := d.View()
	assert.InDelta(t, 130, v.HeartRate.Value, 0.1)
	assert.Equal(t, 3*s, v.Systolic.Age)
	assert.Equal(t, []float64{120, 80, 97, 10}, []float64{v.Systolic.Value, v.Diastolic.Value, v.SpO2.Value, v.Battery.Value})
	assert.Equal(t, []string{detector.HeartRateHigh, detector.BatteryLow}, []string{v.Alarms[0].Code, v.Alarms[1].Code})
	assert.Nil(t, v.QTc)
	assert.Equal(t, "QTc not evaluable: too few readings", v.QTcStatus)
	assert.False(t, v.Stale)
}

func TestAnotherDeviceGoesOnWithTheSession(t *testing.T) {
	d := watch(t)
	beats, _ := heart(part{80, 20 * s}, part{130, 20 * s}, part{80, 80 * s})
	calls := play(beats, 100*s, timing{}, nil)
	split := slices.IndexFunc(calls, func(c input) bool { return c.at.Equal(start.Add(40 * s)) })
	require.Equal(t, []string{"heart-rate-high raised critical"}, vital(run(d, calls[:split])))
	require.Equal(t, []string{"monitor/vf raised critical"}, brief(d.Feed(telling(1, vf(0, reading.High)), start.Add(40*s)).Transitions))

	other := config()
	other.Device = "monitor-8"
	require.NoError(t, d.Configure(other, start.Add(40*s)))
	for i := split; i < len(calls); i++ {
		if calls[i].batch != nil {
			calls[i].batch.Device, calls[i].batch.Sequence = "monitor-8", calls[i].batch.Sequence-uint64(split/2)
		}
	}
	require.Equal(t, []string{"monitor/vf cleared critical", "heart-rate-high cleared critical"}, vital(run(d, calls[split:])), "numbers from 1 are no repetition")

	unsigned := config()
	unsigned.Protocol.QTcChange = 90
	require.Error(t, d.Configure(unsigned, start.Add(100*s)))
}

func TestADeviceThatIsAssignedAndSendsNothingIsStale(t *testing.T) {
	d := watch(t)
	run(d, play(steady(70, 20*s), 20*s, timing{}, nil))
	other := config()
	other.Device = "monitor-8"
	require.NoError(t, d.Configure(other, start.Add(20*s)))
	require.Empty(t, d.Tick(start.Add(24*s)).Transitions)
	require.Equal(t, []string{"stream-stale raised warning"}, brief(d.Tick(start.Add(26*s)).Transitions), "an ECG was there once")
}

func TestThirtySecondsThatNobodySawClearNothing(t *testing.T) {
	// Bad until 40 s, well inside until 60 s, and then nothing.
	beats, _ := heart(part{80, 20 * s}, part{130, 20 * s}, part{80, 100 * s})
	calls := play(beats, 130*s, timing{}, func(sample *reading.Sample) {
		after := sample.At.Sub(start)
		pressure, qtc := 120.0, 420.0
		if after < 40*s {
			pressure, qtc = 190, 520
		}
		sample.Systolic = &pressure
		withQT(sample, qtc, 80)
		if after >= 20*s && after < 40*s {
			sample.Leads = reading.LeadsOff
			sample.HeartRate, sample.Beats = nil, nil
		}
	})
	d := watch(t)
	told := run(d, without(calls, 62*s, 130*s))
	for _, alarm := range []string{detector.SystolicHigh, detector.QTcHigh, detector.LeadOff} {
		require.Len(t, of(told, alarm), 1, alarm)
	}
	beats, _ = heart(part{80, 20 * s}, part{130, 20 * s}, part{80, 100 * s})
	calls = renumbered(without(play(beats, 140*s, timing{}, nil), 60*s, 100*s))
	told = of(run(watch(t), calls), detector.HeartRateHigh)
	require.Equal(t, []string{"heart-rate-high raised critical", "heart-rate-high cleared critical"}, brief(told))
	require.GreaterOrEqual(t, told[1].At.Sub(start), 130*s, "not the twenty before with the ten after")
}

func TestAnIntervalOverLeadsThatWereOffIsNoPause(t *testing.T) {
	lost := false
	told := run(watch(t), play(steady(70, 50*s), 50*s, timing{}, func(sample *reading.Sample) {
		switch after := sample.At.Sub(start); {
		case after >= 20*s && after < 26*s:
			sample.Leads, sample.Beats = reading.LeadsOff, nil
		case after >= 26*s && !lost && len(sample.Beats) > 0:
			lost = true
			sample.Beats[0].RRMs = new(6600.0) // since the last beat that the gateway saw
		}
	}))
	require.True(t, lost)
	require.Equal(t, []string{"lead-off raised warning"}, vital(told))
}

func TestAHoleBetweenSamplesIsNoStandstill(t *testing.T) {
	calls := renumbered(without(play(steady(70, 40*s), 40*s, timing{}, func(sample *reading.Sample) {
		if sample.At.Equal(start.Add(24 * s)) {
			sample.Beats = nil // the first after the hole
		}
	}), 20*s, 24*s))
	require.Empty(t, vital(run(watch(t), calls)))
}

func TestABeatInABatchThatIsLostIsNoStandstill(t *testing.T) {
	calls := without(play(steady(25, 60*s), 60*s, timing{phase: 900 * time.Millisecond, tick: 950 * time.Millisecond}, nil), 28*s, 29*s)
	told := run(watch(t), calls)
	require.Len(t, of(told, detector.SequenceGap), 1)
	require.Empty(t, of(told, detector.Pause), "the beat at 28.8 s was lost, between 26.4 and 31.2 s")
	require.Empty(t, of(told, detector.Asystole))
}

func TestTimeGoesForwardsOnly(t *testing.T) {
	d := watch(t)
	d.Tick(start.Add(3 * s))
	told := d.Feed(telling(1, vf(0, reading.High)), start.Add(2*s)).Transitions
	require.Equal(t, start.Add(3*s), told[0].At, "stamped by a process whose clock is behind")
}

func TestARateThatCannotBeJudgedIsTold(t *testing.T) {
	told := run(watch(t), play(steady(70, 120*s), 120*s, timing{}, func(sample *reading.Sample) {
		if after := sample.At.Sub(start); after >= 20*s && after < 70*s {
			for i := range sample.Beats {
				sample.Beats[i].RRMs = nil // beats, but no intervals
			}
		}
	}))
	require.Equal(t, []string{"no-heart-rate raised warning", "no-heart-rate cleared warning"}, vital(told))

	beats, _ := heart(part{70, 20 * s}, part{0, 60 * s})
	told = run(watch(t), play(beats, 80*s, timing{}, nil))
	require.Empty(t, of(told, detector.NoHeartRate), "a standstill has its own alarm")
}

func TestABaselineThatWouldSwitchItsAlarmOffIsRefused(t *testing.T) {
	for _, baseline := range []float64{-1, 100, 4100, math.NaN()} {
		c := config()
		c.Baseline = baseline
		_, err := detector.New(c, start)
		require.ErrorContains(t, err, "detector: baseline: want", baseline)
	}
}
