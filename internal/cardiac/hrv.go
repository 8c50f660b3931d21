package cardiac

import (
	"math"
	"time"
)

// NN intervals outside these limits are not between two sinus beats, whatever
// their labels say: 30 to 200/min, the limits usual in HRV tools.
const (
	minNN = 300 * time.Millisecond
	maxNN = 2 * time.Second
)

// nn50 is the step of pNN50: "more than 50 ms".
const nn50 = 50 * time.Millisecond

// HRV is the heart rate variability of one window, by the definitions of the
// Task Force of ESC and NASPE 1996 (Circulation 93:1043). Windows are five
// minutes by custom; values of windows of different length do not compare, and
// SDNN and RMSSD are different quantities that never share a trend line.
type HRV struct {
	// SDNN, in ms, is the standard deviation of the NN intervals. The Task Force
	// names no divisor; this is the sample deviation (n-1), as common tools have it.
	SDNN float64
	// RMSSD, in ms, is the root mean square of the differences between adjacent
	// NN intervals. A difference over a dropped interval is none.
	RMSSD float64
	// PNN50, in percent, is the number of adjacent differences of more than 50 ms
	// divided by the number of NN intervals, which is the Task Force's wording.
	// Tools that divide by the number of differences give slightly more.
	PNN50 float64

	NN           int     // intervals
	Differences  int     // between adjacent ones
	Unclassified int     // NN intervals with a beat that nobody classified: ectopic beats may hide in them
	Coverage     float64 // 0 to 1: share of the window's time that the NN intervals cover
}

// Variability calculates the HRV over the NN intervals that lie in the window. An
// NN interval lies between two beats in a row, neither of them ectopic (Task
// Force: adjacent QRS complexes from sinus node depolarisations): so an ectopic
// beat costs the interval before it and the one after it, and a gap costs the
// interval over it; nothing is interpolated. It reports false when there is no
// pair of adjacent NN intervals; the counts and the coverage hold even then.
func Variability(beats []Beat, window Stretch) (HRV, bool) {
	var h HRV
	var covered time.Duration
	squares, over50 := 0.0, 0
	for i := range beats {
		if !isNN(beats, i, window) {
			continue
		}
		h.NN++
		covered += beats[i].RR
		if beats[i].Kind == Unclassified || beats[i-1].Kind == Unclassified {
			h.Unclassified++
		}
		if !isNN(beats, i-1, window) {
			continue
		}
		h.Differences++
		difference := beats[i].RR - beats[i-1].RR
		squares += float64(difference) * float64(difference)
		if difference.Abs() > nn50 {
			over50++
		}
	}
	h.Coverage = coverage(covered, window)
	if h.Differences == 0 {
		return h, false
	}
	h.SDNN = sdnn(beats, window, covered, h.NN)
	h.RMSSD = milliseconds(math.Sqrt(squares / float64(h.Differences)))
	h.PNN50 = 100 * float64(over50) / float64(h.NN)
	return h, true
}

// isNN reports whether the interval that beat i ends is an NN interval that lies
// in the window.
func isNN(beats []Beat, i int, window Stretch) bool {
	if !follows(beats, i) || beats[i].RR < minNN || beats[i].RR > maxNN {
		return false
	}
	if beats[i-1].Kind == Ectopic || beats[i].Kind == Ectopic {
		return false
	}
	return !beats[i-1].At.Before(window.From) && !beats[i].At.After(window.To)
}

// sdnn goes over the intervals a second time: deviations from the known mean
// lose no digits, sums of squares would.
func sdnn(beats []Beat, window Stretch, total time.Duration, n int) float64 {
	mean := float64(total) / float64(n)
	squares := 0.0
	for i := range beats {
		if isNN(beats, i, window) {
			deviation := float64(beats[i].RR) - mean
			squares += deviation * deviation
		}
	}
	return milliseconds(math.Sqrt(squares / float64(n-1)))
}

func milliseconds(nanoseconds float64) float64 { return nanoseconds / float64(time.Millisecond) }

// coverage is at most 1: RR and the beats' times may differ by the drift allowed.
func coverage(covered time.Duration, window Stretch) float64 {
	length := window.To.Sub(window.From)
	if length <= 0 {
		return 0
	}
	return min(1, float64(covered)/float64(length))
}
