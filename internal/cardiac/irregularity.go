package cardiac

import (
	"math"
	"slices"
	"time"
)

// The method is that of Zhou et al. 2015 (PLoS ONE 10(9):e0136544): heart rates
// in steps of 5/min are symbols, three neighbouring symbols are a word, and the
// entropy of the last 127 words, weighted by how many different ones there are,
// is high in atrial fibrillation. The threshold is the published one, found on
// the authors' training set.
const (
	irregularityWords     = 127
	irregularityThreshold = 0.639
	irregularityStep      = 5 // per minute
)

// IrregularityHorizon is the greatest age of a word. 127 words take one and a
// half to two minutes at usual rates and just fit at 30/min.
const IrregularityHorizon = 5 * time.Minute

// Irregularity says whether the intervals look like atrial fibrillation.
//
// It reacts after one and a half to two minutes: a matter for a warning at onset
// and at termination, not for an alarm within seconds. It cannot tell atrial
// fibrillation from frequent irregular ectopic beats: among arrhythmia patients
// (MIT-BIH) less than half of what it reports is fibrillation. Ectopic helps a
// reader to doubt, where the monitor classifies beats.
type Irregularity struct {
	SuggestsAF Verdict // Unknown until there are enough words, or when the beats are stale
	Entropy    float64 // 0 to 1; meaningful unless SuggestsAF is Unknown
	Words      int     // that were found, at most 127
	Ectopic    int     // how many of the words end at a beat that the monitor calls ectopic
}

// JudgeIrregularity looks at the newest 127 words that are not older than
// IrregularityHorizon. A word consists of three intervals in a row: a gap, or a
// missing beat, is in no word.
func JudgeIrregularity(beats []Beat, now time.Time) Irregularity {
	var found Irregularity
	var words [irregularityWords]uint32
	for i := len(beats) - 1; i >= 2 && found.Words < irregularityWords; i-- {
		if now.Sub(beats[i].At) > IrregularityHorizon {
			break
		}
		if !isWord(beats, i) {
			continue
		}
		words[found.Words] = word(beats[i-2 : i+1])
		found.Words++
		if beats[i].Kind == Ectopic {
			found.Ectopic++
		}
	}
	if found.Words == irregularityWords && now.Sub(beats[len(beats)-1].At) <= StaleAfter {
		found.Entropy = weightedEntropy(words[:])
		found.SuggestsAF = verdict(found.Entropy >= irregularityThreshold)
	}
	return found
}

// isWord reports whether the intervals of beats i-2, i-1 and i are in a row.
func isWord(beats []Beat, i int) bool {
	return usable(beats, i-2) && usable(beats, i-1) && usable(beats, i) && follows(beats, i-1) && follows(beats, i)
}

func word(three []Beat) uint32 {
	var w uint32
	for _, b := range three {
		w = w<<6 | symbol(b.RR)
	}
	return w
}

// symbol is at most 60 and so fits word's six bits: the last symbol of the paper,
// for rates from 315/min, is for intervals below MinRR.
func symbol(rr time.Duration) uint32 {
	return uint32(time.Minute / irregularityStep / rr)
}

// weightedEntropy is k/(N log2 N) times the Shannon entropy of the words, k being
// the number of different ones. It sorts words in place: equal ones are then
// neighbours, and the sum has one order on every machine.
func weightedEntropy(words []uint32) float64 {
	slices.Sort(words)
	n := float64(len(words))
	entropy, different := 0.0, 0
	for start := 0; start < len(words); different++ {
		end := start + 1
		for end < len(words) && words[end] == words[start] {
			end++
		}
		share := float64(end-start) / n
		entropy -= share * math.Log2(share)
		start = end
	}
	return float64(different) * entropy / (n * math.Log2(n))
}
