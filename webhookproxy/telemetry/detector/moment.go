package detector

import (
	"time"

	"guestjourney/internal/cardiac"
)

// moment is what is known at one instant; every rule looks at the same one.
type moment struct {
	*stream
	config  *Config
	now     time.Time // by the caller's clock
	monitor time.Time // by the monitor's
	stale   bool
	rhythm  cardiac.Rhythm
	rate    measured // by the monitor's clock
	hasRate bool
	qtc     cardiac.QTc

	lastGap, lastUnassigned time.Time // by the caller's clock
	qtcAlarm                bool      // one stands
}

// look judges the stream at the present time of the state.
func (d *Detector) look() *moment {
	s, now := &d.state.Stream, d.state.Now
	m := &moment{stream: s, config: &d.config, now: now, lastGap: d.state.LastGap, lastUnassigned: d.state.LastUnassigned}
	if s.Newest.IsZero() {
		m.stale = now.Sub(d.state.Since) > cardiac.StaleAfter
		return m
	}
	m.monitor = s.Clock.monitor(now)
	m.stale = m.monitor.Sub(s.Newest) > cardiac.StaleAfter
	m.rhythm = cardiac.Assess(s.recent(), s.Signal, m.monitor, cardiac.DefaultLimits())
	m.rate, m.hasRate = m.heartRate()
	m.qtc = cardiac.JudgeQTc(s.QTs, s.AF, m.monitor)
	return m
}

// validECG arms the alarms: a heart rate, which only leads that are on give.
func (m *moment) validECG() bool { return m.hasRate && m.rate.Value > 0 }

// heartRate is the one of the last four beats. The monitor's own number, which is
// usually a mean of more and so comes later, counts where it sends no beats.
func (m *moment) heartRate() (measured, bool) {
	if !m.HasBeats {
		return m.value(heartRate, m.monitor, cardiac.StaleAfter)
	}
	if m.rhythm.Bradycardia == cardiac.Unknown {
		return measured{}, false
	}
	return measured{Value: m.rhythm.Rate.PerMinute, At: m.monitor.Add(-m.rhythm.Rate.Age)}, true
}

// ecg returns a finding about the ECG if there is anything to judge by: the stream
// lives, a valid ECG was there once, and beats are what the monitor sends.
func (m *moment) ecg(verdict cardiac.Verdict) finding {
	if m.stale || !m.Armed || !m.HasBeats {
		return unknown
	}
	return ofVerdict(verdict)
}
