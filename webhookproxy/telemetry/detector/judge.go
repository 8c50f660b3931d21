package detector

import (
	"time"

	"guestjourney/internal/cardiac"
)

// source is a value that has limits: since when it is what it is, by the caller's
// clock, and whether there is one to judge.
type source func(*moment) (value float64, since time.Time, ok bool)

func heartRateOf(m *moment) (float64, time.Time, bool) {
	return m.rate.Value, m.Clock.caller(m.rate.At), m.Armed && m.hasRate
}

// systolicOf holds a value until the next one, as long as the monitor is there to
// send one: a cuff measures every few minutes.
func systolicOf(m *moment) (float64, time.Time, bool) {
	pressure, ok := m.value(systolic, m.monitor, Window)
	return pressure.Value, m.Clock.caller(pressure.At), ok && !m.stale
}

func qtcOf(m *moment) (float64, time.Time, bool) {
	qtc, ok := m.qtc.Value()
	return qtc, m.now, ok && m.Armed && !m.stale
}

func heartRateBand(p Protocol) Band { return p.HeartRate }
func systolicBand(p Protocol) Band  { return p.Systolic }
func qtcBand(p Protocol) Band       { return Band{WarningHigh: p.QTc.Warning, CriticalHigh: p.QTc.Critical} }

func tooLow(of source, limits func(Protocol) Band, hysteresis float64) func(*moment) judged {
	return func(m *moment) judged {
		value, since, ok := of(m)
		if !ok {
			return judged{}
		}
		band := limits(m.config.Protocol)
		return judged{warning: below(value, band.WarningLow, hysteresis), critical: below(value, band.CriticalLow, hysteresis), since: since}
	}
}

func tooHigh(of source, limits func(Protocol) Band, hysteresis float64) func(*moment) judged {
	return func(m *moment) judged {
		value, since, ok := of(m)
		if !ok {
			return judged{}
		}
		band := limits(m.config.Protocol)
		return judged{warning: above(value, band.WarningHigh, hysteresis), critical: above(value, band.CriticalHigh, hysteresis), since: since}
	}
}

// judgeQTcChange: at the limit is already a warning, as ICH E14 counts it.
func judgeQTcChange(m *moment) judged {
	change, ok := m.qtc.Change(m.config.Baseline)
	if !ok || !m.Armed || m.stale {
		return judged{}
	}
	if change == m.config.Protocol.QTcChange {
		return judged{warning: beyond}
	}
	return judged{warning: above(change, m.config.Protocol.QTcChange, qtcHysteresis)}
}

// judgeEvaluable leaves a lost signal to its own alarms.
func judgeEvaluable(m *moment) judged {
	if !m.Armed || m.stale || !m.hasECG() {
		return judged{}
	}
	missing := m.qtc.Status != cardiac.Evaluable
	return judged{low: ofTruth(missing), warning: ofTruth(missing && m.qtcAlarm)}
}

// judgeNoRate: leads that are on and a monitor that sends, but no heart rate to
// watch, whether there never was one or there is none any more. A standstill has its
// own alarm, once there was a rate.
func judgeNoRate(m *moment) judged {
	if m.Newest.IsZero() || m.stale || !m.hasECG() || m.ecg(m.rhythm.Asystole) == beyond {
		return judged{}
	}
	return judged{warning: ofTruth(!m.hasRate)}
}

// judgeStale: a device that nobody assigned owes no samples.
func judgeStale(m *moment) judged {
	if m.config.Device == "" {
		return judged{}
	}
	return m.technical(m.stale)
}

// newest judges a state that the newest sample tells, as long as it is new.
func (m *moment) newest(yes bool) judged {
	if m.stale || m.Newest.IsZero() {
		return judged{}
	}
	return m.technical(yes)
}

// technical is a warning once there was a valid ECG: what was never connected is
// not lost.
func (m *moment) technical(yes bool) judged {
	found := judged{low: ofTruth(yes)}
	if m.Armed || !yes {
		found.warning = ofTruth(yes)
	}
	return found
}

func (m *moment) happened(at time.Time) finding {
	return ofTruth(!at.IsZero() && m.now.Sub(at) < eventLasts)
}

func judgeBattery(m *moment) judged {
	left, ok := m.value(battery, m.monitor, Window)
	if !ok {
		return judged{}
	}
	return judged{low: below(left.Value, batteryLimit, batteryHysteresis)}
}
