package cardiac

import (
	"errors"
	"time"
)

// Limits are where the flags of a rhythm begin.
type Limits struct {
	BradycardiaBelow float64       // per minute
	TachycardiaAbove float64       // per minute
	PauseFrom        time.Duration // without a beat
}

// DefaultLimits are the mission's warning limits of the heart rate, and the 3 s
// from which cardiology speaks of a pause.
func DefaultLimits() Limits {
	return Limits{BradycardiaBelow: 50, TachycardiaAbove: 100, PauseFrom: 3 * time.Second}
}

// Check refuses limits that would switch a flag off. Assess relies on it.
func (l Limits) Check() error {
	slowest, fastest := perMinute(MaxRR), perMinute(MinRR)
	inOrder := slowest < l.BradycardiaBelow && l.BradycardiaBelow < l.TachycardiaAbove && l.TachycardiaAbove < fastest
	if !inOrder { // also when one is NaN
		return errors.New("rhythm limits: want 6 < bradycardia < tachycardia < 300 per minute")
	}
	if l.PauseFrom < time.Second || l.PauseFrom > AsystoleAfter {
		return errors.New("rhythm limits: want a pause of 1 s to 4 s, where asystole begins")
	}
	return nil
}

// Rhythm is what the beats say at one instant.
type Rhythm struct {
	Rate         Rate // meaningful when Rate.Intervals > 0
	Bradycardia  Verdict
	Tachycardia  Verdict
	Silence      time.Duration // running, see Silence
	Pause        Verdict
	Asystole     Verdict
	Irregularity Irregularity
}

// Assess judges the rhythm at the time now from the beats of the last five
// minutes. signal is the latest unbroken stretch of signal and ends where the
// last reading ends. Bradycardia and tachycardia need RateIntervals intervals
// and a beat within StaleAfter; the pauses need a signal within StaleAfter.
func Assess(beats []Beat, signal Stretch, now time.Time, limits Limits) Rhythm {
	r := Rhythm{
		Silence:      Silence(beats, signal),
		Pause:        paused(beats, signal, now, limits.PauseFrom),
		Asystole:     paused(beats, signal, now, AsystoleAfter),
		Irregularity: JudgeIrregularity(beats, now),
	}
	rate, ok := HeartRate(beats, now)
	r.Rate = rate
	if ok && rate.live() {
		r.Bradycardia = verdict(rate.PerMinute < limits.BradycardiaBelow)
		r.Tachycardia = verdict(rate.PerMinute > limits.TachycardiaAbove)
	}
	return r
}
