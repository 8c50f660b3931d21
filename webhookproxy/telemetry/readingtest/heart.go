// Package readingtest is a monitor for tests: a heart with a rate, and the batches
// that its gateway sends.
//
// Called by tests and benchmarks only. It owns sequence numbers and the times of
// beats, and promises batches that the detector finds nothing wrong with as long as
// the rate is well.
package readingtest

import (
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// Heart is that of one guest. It is not for several goroutines at once.
type Heart struct {
	Device    string
	PerMinute float64 // 0 is standstill
	// Alarms are the monitor's own, sent with every batch.
	Alarms []reading.Alarm

	sequence uint64
	last     time.Time // beat
}

// New returns a heart that has beaten at a time.
func New(device string, perMinute float64, at time.Time) *Heart {
	return &Heart{Device: device, PerMinute: perMinute, last: at}
}

// Next is the batch with all beats until a time.
func (h *Heart) Next(at time.Time) reading.Batch {
	h.sequence++
	sample := reading.Sample{At: at, Leads: reading.LeadsOn, Quality: reading.Good}
	if h.PerMinute > 0 {
		interval := time.Duration(float64(time.Minute) / h.PerMinute).Round(time.Microsecond)
		ms := float64(interval) / float64(time.Millisecond)
		for ; !h.last.Add(interval).After(at); h.last = h.last.Add(interval) {
			sample.Beats = append(sample.Beats, reading.Beat{At: h.last.Add(interval), RRMs: &ms})
		}
		sample.QT = &reading.QT{Ms: 380, RRMs: ms, QRSMs: 90}
	}
	return reading.Batch{Device: h.Device, Sequence: h.sequence, Samples: []reading.Sample{sample}, Alarms: h.Alarms}
}

// Gap makes the heart forget that it sent some batches, so that their numbers are missing.
func (h *Heart) Gap(batches uint64) { h.sequence += batches }
