package detector_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

const device = "monitor-7"

func config() detector.Config {
	return detector.Config{Device: device, Protocol: detector.Default(), Baseline: 410}
}

func watch(t testing.TB) *detector.Detector {
	t.Helper()
	d, err := detector.New(config(), start)
	require.NoError(t, err)
	return d
}

// part is a stretch of a heart's life; 0 per minute is standstill.
type part struct {
	perMinute float64
	lasts     time.Duration
}

// heart returns the beats of the parts in a row, and when each part begins: at
// the last beat of the part before it.
func heart(parts ...part) (beats []time.Time, begins []time.Time) {
	at := start
	beats = []time.Time{at}
	for _, p := range parts {
		begins = append(begins, at)
		if p.perMinute == 0 {
			at = at.Add(p.lasts)
			continue
		}
		rr := time.Duration(float64(time.Minute) / p.perMinute).Round(time.Microsecond)
		for until := at.Add(p.lasts); !at.Add(rr).After(until); {
			at = at.Add(rr)
			beats = append(beats, at)
		}
	}
	return beats, begins
}

// input is one call of a detector; without a batch it is a tick.
type input struct {
	at    time.Time
	batch *reading.Batch
}

// timing is how monitor, network and owner meet. The zero value is exact.
type timing struct {
	phase, latency, tick time.Duration
	monitorAhead         time.Duration // its clock
	every                time.Duration // batch; 0 is a second
}

// play makes the calls of a stream from start for some time: a sample a second with
// its beats, and ticks. edit changes a sample, by its time of true clocks.
func play(beats []time.Time, lasts time.Duration, how timing, edit func(*reading.Sample)) []input {
	every := max(how.every, time.Second)
	var calls []input
	next, sequence := 0, uint64(0)
	var batch *reading.Batch
	for at := start.Add(how.phase); at.Before(start.Add(lasts)); at = at.Add(time.Second) {
		sample := reading.Sample{At: at, Leads: reading.LeadsOn}
		for ; next < len(beats) && !beats[next].After(at); next++ {
			beat := reading.Beat{At: beats[next]}
			if next > 0 {
				beat.RRMs = new(float64(beats[next].Sub(beats[next-1])) / float64(time.Millisecond))
			}
			sample.Beats = append(sample.Beats, beat)
		}
		if edit != nil {
			edit(&sample)
		}
		ahead(&sample, how.monitorAhead)
		if batch == nil {
			sequence++
			batch = &reading.Batch{Device: device, Sequence: sequence}
		}
		batch.Samples = append(batch.Samples, sample)
		if time.Duration(len(batch.Samples))*time.Second >= every {
			calls = append(calls, input{at: at.Add(how.latency), batch: batch})
			batch = nil
		}
	}
	for at := start.Add(how.tick); at.Before(start.Add(lasts)); at = at.Add(time.Second) {
		calls = append(calls, input{at: at})
	}
	slices.SortStableFunc(calls, func(a, b input) int { return a.at.Compare(b.at) })
	return calls
}

func ahead(sample *reading.Sample, by time.Duration) {
	sample.At = sample.At.Add(by)
	for i := range sample.Beats {
		sample.Beats[i].At = sample.Beats[i].At.Add(by)
	}
}

// run makes the calls and returns what was told.
func run(d *detector.Detector, calls []input) []detector.Transition {
	var told []detector.Transition
	for _, call := range calls {
		told = append(told, do(d, call).Transitions...)
	}
	return told
}

func do(d *detector.Detector, call input) detector.Output {
	if call.batch == nil {
		return d.Tick(call.at)
	}
	return d.Feed(*call.batch, call.at)
}

// of returns the transitions of one alarm.
func of(told []detector.Transition, alarm string) []detector.Transition {
	return slices.DeleteFunc(slices.Clone(told), func(t detector.Transition) bool { return t.Alarm != alarm })
}

// brief writes transitions as "code change priority".
func brief(told []detector.Transition) []string {
	texts := []string{}
	for _, t := range told {
		texts = append(texts, t.Alarm+" "+string(t.Change)+" "+t.Priority.String())
	}
	return texts
}

// vital leaves out what these streams without QT always have.
func vital(told []detector.Transition) []string {
	return brief(slices.DeleteFunc(slices.Clone(told), func(t detector.Transition) bool { return t.Alarm == detector.QTcNotEvaluable }))
}

func steady(perMinute float64, lasts time.Duration) []time.Time {
	beats, _ := heart(part{perMinute, lasts})
	return beats
}

const s = time.Second
