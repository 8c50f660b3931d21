package detector_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

// drawCalls is a stream with all that may go wrong with it: hearts that change,
// leads off, batches lost, repeated, swapped and late, alarms of the monitor with
// any start and end, clocks that jump.
func drawCalls(t *rapid.T) []input {
	var parts []part
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		parts = append(parts, part{
			rapid.SampledFrom([]float64{0, 35, 45, 70, 110, 150}).Draw(t, "per minute"),
			time.Duration(rapid.IntRange(4, 14).Draw(t, "lasts")) * s,
		})
	}
	beats, _ := heart(parts...)
	how := timing{
		phase: time.Duration(rapid.IntRange(0, 999).Draw(t, "phase")) * time.Millisecond, latency: 100 * time.Millisecond,
		tick: 500 * time.Millisecond, monitorAhead: rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "ahead"),
	}
	calls := play(beats, 24*s, how, func(sample *reading.Sample) { drawSample(t, sample) })
	for i := range calls {
		if calls[i].batch != nil {
			drawBatch(t, &calls[i])
		}
	}
	slices.SortStableFunc(calls, func(a, b input) int { return a.at.Compare(b.at) })
	return calls
}

var often = rapid.IntRange(0, 11)

func drawSample(t *rapid.T, sample *reading.Sample) {
	switch often.Draw(t, "sample") {
	case 0:
		sample.Leads = reading.LeadsOff
	case 1:
		sample.Systolic = new(rapid.SampledFrom([]float64{70, 85, 120, 160, 200}).Draw(t, "systolic"))
	case 2:
		sample.Quality = reading.Unusable
	}
	withQT(sample, rapid.SampledFrom([]float64{420, 470, 520}).Draw(t, "qtc"), 70)
}

func drawBatch(t *rapid.T, call *input) {
	batch := *call.batch
	switch often.Draw(t, "batch") {
	case 0:
		batch.Backfill = true
	case 1:
		batch.Sequence = max(1, batch.Sequence-uint64(rapid.IntRange(0, 3).Draw(t, "again")))
	case 2:
		call.at = call.at.Add(time.Duration(rapid.IntRange(0, 2500).Draw(t, "delay")) * time.Millisecond)
	case 3, 4:
		alarm := reading.Alarm{
			Code: rapid.SampledFrom([]string{"vf", "vt"}).Draw(t, "code"), Start: start.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "start")) * s),
			Priority: rapid.SampledFrom([]reading.Priority{reading.Low, reading.Medium, reading.High}).Draw(t, "priority"),
		}
		if rapid.Bool().Draw(t, "ended") {
			alarm = ended(alarm, 10*s)
		}
		batch.Alarms = []reading.Alarm{alarm}
	}
	call.batch = &batch
}

// TestWhateverComesTransitionsAreInOrder: numbers rise by one; an alarm is raised
// and cleared in turns; a priority changes when it says so; the monitor's never
// falls.
func TestWhateverComesTransitionsAreInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		told := run(watch(t), drawCalls(rt))
		last := map[string]detector.Transition{}
		for i, now := range told {
			before, seen := last[now.Alarm]
			last[now.Alarm] = now
			active := seen && before.Change != detector.Cleared
			switch {
			case now.Number != uint64(i)+1, i > 0 && now.At.Before(told[i-1].At):
				rt.Fatalf("%d. has number %d", i+1, now.Number)
			case now.Since.After(now.At) && now.Origin != detector.Monitor:
				rt.Fatalf("%+v begins later", now)
			}
			fits := map[detector.Change]bool{
				detector.Raised:    !seen && now.Episode == 1,
				detector.ReRaised:  seen && !active && now.Episode == before.Episode+1,
				detector.Escalated: active && now.Priority > before.Priority,
				detector.Eased:     active && now.Priority < before.Priority && now.Origin != detector.Monitor,
				detector.Cleared:   active && now.Priority == before.Priority,
			}
			if !fits[now.Change] || active && (now.Episode != before.Episode || now.Since != before.Since) {
				rt.Fatalf("%+v after %+v", now, before)
			}
		}
	})
}

// TestAnOwnerThatTakesOverGoesOn: a restored state and the same calls give the same
// transitions and the same state, wherever the change is.
func TestAnOwnerThatTakesOverGoesOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls := drawCalls(rt)
		at := rapid.IntRange(0, len(calls)).Draw(rt, "taken over after")
		one := watch(t)
		run(one, calls[:at])
		other, err := detector.Restore(config(), checkpointOf(rt, one), start)
		require.NoError(rt, err)
		if byOne, byOther := run(one, calls[at:]), run(other, calls[at:]); !reflect.DeepEqual(byOne, byOther) {
			rt.Fatalf("%+v\n%+v", byOne, byOther)
		}
		if left, right := checkpointOf(rt, one), checkpointOf(rt, other); string(left) != string(right) {
			rt.Fatalf("%s\n%s", left, right)
		}
	})
}

func checkpointOf(t require.TestingT, d *detector.Detector) []byte {
	text, err := d.Checkpoint()
	require.NoError(t, err)
	return text
}

func TestACheckpointOfAnotherVersionIsRefused(t *testing.T) {
	for _, text := range []string{"", "{}", "null", `{"version":2}`, `{"version":1,"stream":{"beats":[1,2]}}`} {
		_, err := detector.Restore(config(), []byte(text), start)
		require.ErrorIs(t, err, detector.ErrCheckpoint, text)
	}
}
