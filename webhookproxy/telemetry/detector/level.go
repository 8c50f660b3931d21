package detector

import (
	"time"

	"guestjourney/internal/cardiac"
)

// finding is what a value says about one limit.
type finding uint8

// Findings. Near is on the right side of the limit but within the hysteresis: not
// enough to raise, not enough to clear.
const (
	unknown finding = iota
	inside
	near
	beyond
)

// clearAfter is for how long a value must be well inside before its alarm is
// cleared: with the delays of the rules and a hysteresis of 5/min this gave 1.3 to
// 2 critical alarms an hour on arrhythmic records, instead of 17 to 36.
const clearAfter = 30 * time.Second

// level is one limit of one alarm.
type level struct {
	On     bool      `json:"on,omitzero"`
	Beyond time.Time `json:"beyond,omitzero"` // since when nothing spoke against the condition
	Seen   time.Time `json:"seen,omitzero"`   // when it was last found
	Inside time.Time `json:"inside,omitzero"` // since when nothing but inside was found
}

// step takes a finding in. since is when the value came to be what it is.
func (l *level) step(found finding, since, now time.Time, delay time.Duration) {
	if found != inside {
		l.Inside = time.Time{}
	}
	switch found {
	case beyond:
		l.found(since, now, delay)
	case inside:
		l.clear(now)
	case near:
		l.forget()
	case unknown:
		// A hole shorter than what makes a value old does not begin the delay anew.
		if now.Sub(l.Seen) > cardiac.StaleAfter {
			l.forget()
		}
	}
}

func (l *level) found(since, now time.Time, delay time.Duration) {
	l.Seen = now
	if l.Beyond.IsZero() {
		l.Beyond = since
	}
	if now.Sub(l.Beyond) >= delay {
		l.On = true
	}
}

func (l *level) clear(now time.Time) {
	if l.Inside.IsZero() {
		l.Inside = now
	}
	if l.On && now.Sub(l.Inside) >= clearAfter {
		l.On = false
	}
	l.forget()
}

// forget ends a delay that runs. An alarm that is on keeps its beginning.
func (l *level) forget() {
	if !l.On {
		l.Beyond = time.Time{}
	}
}

// above judges a value that is too high beyond the limit.
func above(value, limit, hysteresis float64) finding {
	switch {
	case value > limit:
		return beyond
	case value <= limit-hysteresis:
		return inside
	}
	return near
}

// below judges a value that is too low beyond the limit.
func below(value, limit, hysteresis float64) finding { return above(-value, -limit, hysteresis) }

// yes is beyond; what is not known stays so.
func ofVerdict(verdict cardiac.Verdict) finding {
	switch verdict {
	case cardiac.Yes:
		return beyond
	case cardiac.No:
		return inside
	default:
		return unknown
	}
}

func ofTruth(yes bool) finding {
	if yes {
		return beyond
	}
	return inside
}
