package detector_test

import (
	"fmt"
	"testing"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

// BenchmarkASecondOf100Guests is what a second of stream costs an owner of a
// hundred sessions after five minutes: a batch with vitals and every beat, a tick,
// and in the second case a checkpoint for each.
func BenchmarkASecondOf100Guests(b *testing.B) {
	for _, checkpoint := range []bool{false, true} {
		b.Run(fmt.Sprintf("checkpoint=%v", checkpoint), func(b *testing.B) { benchmarkGuests(b, 100, checkpoint) })
	}
}

func benchmarkGuests(b *testing.B, guests int, checkpoint bool) {
	calls := play(steady(72, 301*s), 300*s, timing{}, func(sample *reading.Sample) {
		sample.Systolic, sample.Diastolic, sample.SpO2 = new(118.0), new(76.0), new(98.0)
		withQT(sample, 420, 72)
	})
	detectors := make([]*detector.Detector, guests)
	for i := range detectors {
		detectors[i] = watch(b)
		run(detectors[i], calls)
	}
	template := *calls[len(calls)-2].batch
	size := 0
	second := 0
	for b.Loop() {
		second++
		batch, at := later(template, time.Duration(second)*s)
		for _, d := range detectors {
			d.Feed(batch, at)
			d.Tick(at.Add(s / 2))
			if checkpoint {
				text, err := d.Checkpoint()
				if err != nil {
					b.Fatal(err)
				}
				size = len(text)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e7, "%core")
	if checkpoint {
		b.ReportMetric(float64(size), "B/checkpoint")
	}
}

// later is a batch some time after the last one, with a beat a second.
func later(batch reading.Batch, by time.Duration) (reading.Batch, time.Time) {
	batch.Sequence += uint64(by / s)
	sample := batch.Samples[0]
	sample.At = sample.At.Add(by)
	sample.Beats = []reading.Beat{{At: sample.At.Add(-s / 5), RRMs: new(1000.0)}}
	batch.Samples = []reading.Sample{sample}
	return batch, sample.At
}
