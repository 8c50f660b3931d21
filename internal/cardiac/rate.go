package cardiac

import "time"

// RateIntervals is how many intervals the heart rate is the mean of. Eight, the
// usual number, show a fall from 80 to 39/min too late for an alarm within 10 s.
const RateIntervals = 4

// RateHorizon is the greatest age of an interval in the heart rate: four
// intervals of 15/min, where asystole alarms anyway, still fit.
const RateHorizon = 20 * time.Second

// Rate is a heart rate and what it stands on.
type Rate struct {
	PerMinute float64
	Intervals int           // at most RateIntervals; fewer after a gap or at the start
	Age       time.Duration // of the newest beat used; negative when the monitor's clock is ahead
}

// HeartRate returns the mean rate over the newest intervals. An interval over a
// gap is left out, which costs one interval and not the rate: the others, on
// both sides of the gap, are as true as before. It reports false when no
// interval of the last RateHorizon can be used.
func HeartRate(beats []Beat, now time.Time) (Rate, bool) {
	var rate Rate
	var sum time.Duration
	for i := len(beats) - 1; i >= 0 && rate.Intervals < RateIntervals; i-- {
		age := now.Sub(beats[i].At)
		if age > RateHorizon {
			break
		}
		if !usable(beats, i) {
			continue
		}
		if rate.Intervals == 0 {
			rate.Age = age
		}
		rate.Intervals++
		sum += beats[i].RR
	}
	if rate.Intervals == 0 {
		return Rate{}, false
	}
	rate.PerMinute = float64(rate.Intervals) * perMinute(sum)
	return rate, true
}

// live reports whether the rate is whole and fresh enough to judge by.
func (r Rate) live() bool { return r.Intervals == RateIntervals && r.Age <= StaleAfter }
