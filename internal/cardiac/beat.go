package cardiac

import "time"

// BeatKind says where a beat came from, as far as its source can tell.
type BeatKind uint8

// Kinds of beat.
const (
	Unclassified BeatKind = iota // the source does not tell
	Normal                       // from the sinus node
	Ectopic                      // from elsewhere: premature, ventricular, escape or paced
)

// Beat is one heart beat with the interval that it ends. Slices of beats are
// oldest first.
type Beat struct {
	At   time.Time     // of the R wave, by the monitor's sample clock (an arrival time jitters too much)
	RR   time.Duration // since the beat before, as the monitor measured it
	Kind BeatKind
	// AfterGap: between the beat before and this one a sequence number was
	// missing or a lead was off. RR is then not an interval between two beats
	// that were seen, and nothing uses it.
	AfterGap bool
}

// Stretch is a span of time, such as the window of a summary, or the latest
// time in which the signal was there without a break: leads on, no sequence
// missing.
type Stretch struct {
	From, To time.Time
}

// Intervals outside these limits count in no rate and no formula: less than
// 200 ms is the refractory time of beat detectors, and after 10 s, the longest
// that monitors wait, the silence is the finding and not the rate.
const (
	MinRR = 200 * time.Millisecond
	MaxRR = 10 * time.Second
)

// StaleAfter is the age at which a live judgement stops being one.
const StaleAfter = 5 * time.Second

// drift is how far RR may be from the difference of two beats' times: the
// window in which EC57 takes two marks for the same beat. It is shorter than
// MinRR, so a beat missing between two others always shows.
const drift = 150 * time.Millisecond

// measured reports whether beat i's RR is an interval that the monitor saw: not
// over a gap, and not reaching back over a beat that is listed before it (a
// repeated beat, or one out of order).
func measured(beats []Beat, i int) bool {
	b := beats[i]
	if b.AfterGap {
		return false
	}
	return i == 0 || b.At.Sub(beats[i-1].At) >= b.RR-drift
}

// follows reports whether beat i's RR begins at the beat listed before it.
func follows(beats []Beat, i int) bool {
	return i > 0 && measured(beats, i) && beats[i].At.Sub(beats[i-1].At) <= beats[i].RR+drift
}

// usable reports whether beat i's RR is measured and no artefact.
func usable(beats []Beat, i int) bool {
	return measured(beats, i) && MinRR <= beats[i].RR && beats[i].RR <= MaxRR
}

func perMinute(rr time.Duration) float64 { return float64(time.Minute) / float64(rr) }
