package detector

import (
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/reading"
)

// Window is how much of the past the detector needs: a new owner rebuilds from
// this much, and a value that is not measured continually is given up after it.
const Window = 5 * time.Minute

// maxSpacing is the time between two samples over which the signal counts as
// unbroken: a batch's two seconds, and some jitter.
const maxSpacing = 2500 * time.Millisecond

// stream is what the samples of the last minutes say. All its times are by the
// monitor's clock.
type stream struct {
	Clock    clock                `json:"clock"`
	Newest   time.Time            `json:"newest,omitzero"` // sample; zero when none has come
	Beats    beatLog              `json:"beats,omitempty"` // of Window
	AF       cardiac.Verdict      `json:"af,omitzero"`     // whether the beats suggest atrial fibrillation
	QTs      []cardiac.QTReading  `json:"qts,omitempty"`   // of cardiac.QTHorizon
	Signal   cardiac.Stretch      `json:"signal"`          // the latest unbroken one
	Unbroken bool                 `json:"unbroken,omitzero"`
	Gap      bool                 `json:"gap,omitzero"` // before the next beat
	Leads    reading.Leads        `json:"leads,omitzero"`
	Quality  reading.Quality      `json:"quality,omitzero"`
	Armed    bool                 `json:"armed,omitzero"`    // a valid ECG was there once
	HasBeats bool                 `json:"hasBeats,omitzero"` // the monitor sends beats, so their absence means something
	Values   map[string]*measured `json:"values,omitempty"`
}

// measured is the last value of a kind.
type measured struct {
	Value float64   `json:"value"`
	At    time.Time `json:"at"`
}

// Kinds of values.
const (
	heartRate = "heartRate"
	systolic  = "systolic"
	diastolic = "diastolic"
	spo2      = "spo2"
	battery   = "battery"
)

// take adds a batch that came in order and is no backfill.
func (s *stream) take(samples []reading.Sample, received time.Time) {
	if len(samples) == 0 {
		return
	}
	last := samples[len(samples)-1]
	if !s.Newest.IsZero() && s.Newest.Sub(last.At) > maxSpacing {
		s.clockSetBack()
	}
	s.Clock.observe(last.At, received)
	for _, sample := range samples {
		if sample.At.After(s.Newest) {
			s.add(sample)
		}
	}
	s.trim()
	// Not at every look: it is most of the work, and takes minutes to change.
	s.AF = cardiac.JudgeIrregularity(s.Beats, s.Newest).SuggestsAF
}

// recent are the beats that the rate and the pauses look at.
func (s *stream) recent() []cardiac.Beat {
	first := len(s.Beats)
	for first > 0 && s.Newest.Sub(s.Beats[first-1].At) <= cardiac.RateHorizon {
		first--
	}
	return s.Beats[first:]
}

// clockSetBack forgets what was measured by a clock that is no longer the one:
// nothing before and after compares.
func (s *stream) clockSetBack() {
	*s = stream{Armed: s.Armed, HasBeats: s.HasBeats}
	s.interrupt()
}

// interrupt ends the unbroken signal: a beat may be lost from here on.
func (s *stream) interrupt() { s.Unbroken, s.Gap = false, true }

func (s *stream) add(sample reading.Sample) {
	if s.Newest.IsZero() || sample.At.Sub(s.Newest) > maxSpacing {
		s.interrupt()
	}
	s.Newest, s.Leads, s.Quality = sample.At, sample.Leads, sample.Quality
	s.measure(sample)
	if !s.hasECG() {
		s.interrupt()
		return
	}
	if !s.Unbroken {
		s.Unbroken, s.Signal.From = true, sample.At
	}
	s.Signal.To = sample.At
	s.addBeats(sample.Beats)
	if qt, ok := sample.JudgedQT(); ok {
		s.QTs = append(s.QTs, qt)
	}
}

// hasECG reports whether the newest sample comes from a guest whose ECG is seen.
func (s *stream) hasECG() bool { return s.Leads == reading.LeadsOn && s.Quality != reading.Unusable }

func (s *stream) measure(sample reading.Sample) {
	keep := func(kind string, value *float64) {
		if value == nil {
			return
		}
		if s.Values == nil {
			s.Values = map[string]*measured{}
		}
		s.Values[kind] = &measured{Value: *value, At: sample.At}
	}
	if s.hasECG() {
		keep(heartRate, sample.HeartRate)
	}
	keep(systolic, sample.Systolic)
	keep(diastolic, sample.Diastolic)
	keep(spo2, sample.SpO2)
	keep(battery, sample.Battery)
}

// value returns a value that is not older than an age, and when it was measured.
func (s *stream) value(kind string, now time.Time, age time.Duration) (measured, bool) {
	found := s.Values[kind]
	if found == nil || now.Sub(found.At) > age {
		return measured{}, false
	}
	return *found, true
}

func (s *stream) addBeats(beats []reading.Beat) {
	for _, beat := range beats {
		if n := len(s.Beats); n > 0 && !beat.At.After(s.Beats[n-1].At) {
			continue
		}
		s.Beats = append(s.Beats, beat.Judged(s.Gap))
		s.Gap, s.HasBeats = false, true
	}
}

// trim forgets what is too old to matter.
func (s *stream) trim() {
	old := 0
	for old < len(s.Beats) && s.Newest.Sub(s.Beats[old].At) > Window {
		old++
	}
	s.Beats = append(s.Beats[:0], s.Beats[old:]...)
	old = 0
	for old < len(s.QTs) && s.Newest.Sub(s.QTs[old].At) > cardiac.QTHorizon {
		old++
	}
	s.QTs = append(s.QTs[:0], s.QTs[old:]...)
}
