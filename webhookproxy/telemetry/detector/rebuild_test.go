package detector_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

// kept is what these tests rebuild from: less than the five minutes, so that what
// is older comes soon.
const kept = 60 * s

// takeOver lets one owner run until a time, and another rebuild from the batches
// kept and go on. It returns both, and what each told after it.
func takeOver(t *testing.T, calls []input, after time.Duration) (one, other *detector.Detector, byOne, byOther []detector.Transition) {
	t.Helper()
	at := start.Add(after)
	split := slices.IndexFunc(calls, func(c input) bool { return c.at.After(at) })
	one = watch(t)
	told := run(one, calls[:split])
	known := map[string]detector.Transition{}
	for _, transition := range told {
		known[transition.Alarm] = transition
	}
	var lasts []detector.Transition
	for _, last := range known {
		lasts = append(lasts, last)
	}
	var history []detector.Received
	for _, call := range calls[:split] {
		if call.batch != nil && at.Sub(call.at) <= kept {
			history = append(history, detector.Received{Batch: *call.batch, At: call.at})
		}
	}
	other, err := detector.Rebuild(config(), history, lasts, at)
	require.NoError(t, err)
	return one, other, run(one, calls[split:]), run(other, calls[split:])
}

func codes(d *detector.Detector) []string {
	found := []string{}
	for _, active := range d.View().Alarms {
		found = append(found, active.Alarm+" "+active.Priority.String())
	}
	return found
}

func TestWhoRebuildsHasTheSameAlarms(t *testing.T) {
	t.Parallel()
	pressed := func(sample *reading.Sample) {
		withQT(sample, 430, 70)
		if sample.At.Equal(start.Add(20 * s)) {
			sample.Systolic = new(190.0) // of a cuff, older than the history
		}
	}
	for name, c := range map[string]struct {
		beats []part
		after time.Duration
	}{
		"nothing wrong":                  {[]part{{70, 110 * s}}, 60 * s},
		"within the hysteresis":          {[]part{{70, 10 * s}, {130, 20 * s}, {117, 130 * s}}, 95 * s},
		"about to be cleared":            {[]part{{70, 30 * s}, {130, 40 * s}, {80, 100 * s}}, 85 * s},
		"a rate that has just changed":   {[]part{{70, 30 * s}, {130, 90 * s}}, 37 * s},
		"standstill":                     {[]part{{70, 60 * s}, {0, 90 * s}}, 80 * s},
		"standstill that has just begun": {[]part{{70, 60 * s}, {0, 80 * s}}, 62 * s},
		"a pause just over":              {[]part{{70, 60 * s}, {0, 3 * s}, {70, 90 * s}}, 66 * s},
	} {
		t.Run(name, func(t *testing.T) {
			beats, _ := heart(c.beats...)
			one, other, byOne, byOther := takeOver(t, play(beats, c.after+35*s, timing{tick: 500 * time.Millisecond}, pressed), c.after)
			require.Equal(t, brief(byOne), brief(byOther))
			require.Equal(t, codes(one), codes(other))
			for i := range byOne {
				assert.Equal(t, byOne[i].Number, byOther[i].Number)
				assert.Equal(t, byOne[i].Episode, byOther[i].Episode)
				assert.WithinDuration(t, byOne[i].At, byOther[i].At, 2*s)
			}
		})
	}
}

func TestWhoRebuildsKeepsTheMonitorsAlarmUntilItsEnd(t *testing.T) {
	calls := play(steady(70, 100*s), 100*s, timing{}, func(sample *reading.Sample) { withQT(sample, 430, 70) })
	for i := range calls {
		if calls[i].batch == nil {
			continue
		}
		switch calls[i].at.Sub(start) {
		case 10 * s: // and never again: not what the format asks for
			calls[i].batch.Alarms = []reading.Alarm{vf(10*s, reading.High)}
		case 95 * s:
			calls[i].batch.Alarms = []reading.Alarm{ended(vf(10*s, reading.High), 94*s)}
		}
	}
	_, other, byOne, byOther := takeOver(t, calls, 85*s)
	require.Equal(t, []string{"monitor/vf cleared critical"}, brief(byOther))
	require.Equal(t, byOne, byOther)
	require.Empty(t, codes(other))
}

func TestWhoRebuildsTellsWhatNobodyTold(t *testing.T) {
	beats, _ := heart(part{70, 30 * s}, part{130, 60 * s})
	var history []detector.Received
	for _, call := range play(beats, 80*s, timing{}, nil) {
		if call.batch != nil {
			history = append(history, detector.Received{Batch: *call.batch, At: call.at})
		}
	}
	history[70].Batch.Alarms = []reading.Alarm{vf(70*s, reading.Medium)}
	signed := config()
	signed.Protocol.QTcChange, signed.Protocol.SignedBy, signed.Protocol.SignedAt = 70, "staff/12", start.Add(70*s)
	d, err := detector.Rebuild(signed, history, nil, start.Add(80*s))
	require.NoError(t, err, "a protocol that is younger than the history")
	told := d.Tick(start.Add(80 * s)).Transitions
	require.Equal(t, []string{"monitor/vf raised warning", "heart-rate-high raised critical", "qtc-not-evaluable raised low"}, brief(told))
	require.Equal(t, uint64(1), told[0].Number)
}

func TestWhoRebuildsFromNothingIsAtTheBeginning(t *testing.T) {
	d, err := detector.Rebuild(config(), nil, []detector.Transition{{Number: 41, Alarm: detector.Asystole, Change: detector.Raised, Priority: detector.Critical, Episode: 2, Since: start}}, start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, d.Tick(start.Add(time.Hour)).Transitions, "nobody knows that it has ended")
	require.Equal(t, []string{"asystole critical"}, codes(d))
	told := d.Tick(start.Add(time.Hour + 10*s)).Transitions
	require.Equal(t, []string{"stream-stale raised low"}, brief(told))
	require.Equal(t, uint64(42), told[0].Number)
}

// TestTwoProcessesAndAKilledOwnerMakeNoFalseAlarm: batches reach the store on two
// ways with delays of their own; the owner is killed, and after a while another one
// rebuilds from the store, catches up and goes on.
func TestTwoProcessesAndAKilledOwnerMakeNoFalseAlarm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		perMinute := rapid.SampledFrom([]float64{52, 70, 98}).Draw(rt, "per minute")
		calls := play(steady(perMinute, 24*s), 24*s, timing{tick: 500 * time.Millisecond}, nil)
		for i := range calls {
			if calls[i].batch != nil {
				calls[i].at = calls[i].at.Add(time.Duration(rapid.IntRange(20, 900).Draw(rt, "delay")) * time.Millisecond)
			}
		}
		slices.SortStableFunc(calls, func(a, b input) int { return a.at.Compare(b.at) })
		killed := start.Add(time.Duration(rapid.IntRange(6_000, 14_000).Draw(rt, "killed")) * time.Millisecond)
		leased := killed.Add(time.Duration(rapid.IntRange(0, 8_000).Draw(rt, "without an owner")) * time.Millisecond)

		first := watch(t)
		var told []detector.Transition
		var history []detector.Received
		var second *detector.Detector
		for _, call := range calls {
			switch {
			case !call.at.After(killed):
				told = append(told, do(first, call).Transitions...)
				if call.batch != nil {
					history = append(history, detector.Received{Batch: *call.batch, At: call.at})
				}
				continue
			case second == nil:
				var err error
				second, err = detector.Rebuild(config(), history, told, killed)
				require.NoError(rt, err)
			}
			if call.batch != nil || call.at.After(leased) { // nobody ticked in between
				told = append(told, do(second, call).Transitions...)
			}
		}
		if len(told) > 0 {
			rt.Fatalf("%v", brief(told))
		}
	})
}
