package cardiac

import "time"

// AsystoleAfter is the time without a beat, the signal being there, that
// monitors call asystole.
const AsystoleAfter = 4 * time.Second

// pauseMemory is how long a pause that has ended still counts, so that one that
// began and ended between two calls, or within one late batch, is not missed.
const pauseMemory = 10 * time.Second

// Silence returns for how long no beat has come while the signal was there.
// signal is the latest unbroken stretch; time before it does not count, since
// a beat may have been lost in the gap.
func Silence(beats []Beat, signal Stretch) time.Duration {
	since := signal.From
	if n := len(beats); n > 0 && beats[n-1].At.After(since) {
		since = beats[n-1].At
	}
	return max(0, signal.To.Sub(since))
}

// longestPause is the longest of the running silence and the pauses that ended
// within pauseMemory.
func longestPause(beats []Beat, signal Stretch, now time.Time) time.Duration {
	longest := Silence(beats, signal)
	for i := len(beats) - 1; i >= 0 && now.Sub(beats[i].At) <= pauseMemory; i-- {
		if measured(beats, i) {
			longest = max(longest, beats[i].RR)
		}
	}
	return longest
}

// paused judges whether limit has passed without a beat. A signal so broken that
// no unbroken stretch reaches the limit, with no beat in it, is Unknown: short
// gaps during a standstill must not pass for beats.
func paused(beats []Beat, signal Stretch, now time.Time, limit time.Duration) Verdict {
	switch n := len(beats); {
	case now.Sub(signal.To) > StaleAfter:
		return Unknown
	case longestPause(beats, signal, now) >= limit:
		return Yes
	case n > 0 && signal.To.Sub(beats[n-1].At) < limit:
		return No
	default:
		return Unknown
	}
}
