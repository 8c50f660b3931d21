package record_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/ecg/ecgtest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/record"
	"guestjourney/webhookproxy/telemetry/store"
)

// BenchmarkEightHours writes the record of a session of eight hours with vitals, beats
// and QT once a second and three leads at 500 Hz. The source makes what it is asked for
// then, so that the heap is what the record needs. One operation is one record.
func BenchmarkEightHours(b *testing.B) {
	const hours = 8
	log := told()
	log.EndedAt = start.Add(hours * time.Hour)
	source := &endless{seconds: hours * 3600}
	for b.Loop() {
		out := &sampled{}
		_, err := record.Write(b.Context(), out, source, log)
		require.NoError(b, err)
		b.ReportMetric(float64(out.bytes)/1e6, "MB/record")
		b.ReportMetric(float64(out.heap)/1e6, "MB-heap-most")
	}
}

// sampled is a writer that looks at the heap at each megabyte.
type sampled struct{ bytes, looked, heap uint64 }

// Write implements io.Writer.
func (s *sampled) Write(p []byte) (int, error) {
	s.bytes += uint64(len(p))
	if s.bytes-s.looked > 1e6 {
		s.looked = s.bytes
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		s.heap = max(s.heap, stats.HeapAlloc)
	}
	return len(p), nil
}

// endless is a source of a number of seconds.
type endless struct {
	memory
	seconds int
	piece   []int16 // the longest one, which all are the beginning of
}

func (e *endless) Tail(_ context.Context, _ string, after int64, limit int) (found []store.Stored, err error) {
	w := &world{rrs: map[time.Time]float64{}}
	for second := int(after); second < e.seconds && len(found) < limit; second++ {
		sample := w.sample(second % 240) // of the minutes in which all is well
		shift := start.Add(time.Duration(second) * time.Second).Sub(sample.At)
		sample.At = sample.At.Add(shift)
		for i := range sample.Beats {
			sample.Beats[i].At = sample.Beats[i].At.Add(shift)
		}
		found = append(found, store.Stored{Position: int64(second + 1), Received: store.Received{
			At: sample.At.Add(time.Second), Batch: reading.Batch{Device: "m1", Sequence: uint64(second + 1), Samples: []reading.Sample{sample}},
		}})
	}
	return found, nil
}

func (e *endless) ECGMinutes(context.Context, string) (minutes []time.Time, err error) {
	for minute := range e.seconds / 60 {
		minutes = append(minutes, start.Add(time.Duration(minute)*time.Minute))
	}
	return minutes, nil
}

func (e *endless) ECG(_ context.Context, _ string, from, to time.Time) (found []reading.Strip, err error) {
	if end := start.Add(time.Duration(e.seconds) * time.Second); to.After(end) {
		to = end
	}
	if !from.Before(to) {
		return nil, nil
	}
	units := int(to.Sub(from).Seconds() * 500)
	if len(e.piece) < units {
		e.piece = ecgtest.Strip("II", from, 500, units).Units
	}
	for _, lead := range []string{"I", "II", "V5"} {
		found = append(found, reading.Strip{Lead: lead, At: from, RateHz: 500, Microvolts: 5, Units: e.piece[:units]})
	}
	return found, nil
}
