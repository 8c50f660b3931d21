package cardiac_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

// The generators have fixed seeds: the same intervals every time.

func fibrillating(n int) []time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	var rr []time.Duration
	for range n {
		rr = append(rr, ms(400+random.IntN(700)))
	}
	return rr
}

func breathing(n int) []time.Duration {
	var rr []time.Duration
	for i := range n {
		rr = append(rr, ms(900+int(60*math.Sin(2*math.Pi*float64(i)/4.7))))
	}
	return rr
}

func bigeminy(n int) []time.Duration {
	var rr []time.Duration
	for i := range n {
		rr = append(rr, []time.Duration{ms(500), ms(1100)}[i%2])
	}
	return rr
}

func TestIrregularity(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	ectopy := breathing(150)
	for i := range ectopy {
		if random.IntN(3) == 0 {
			ectopy[i] = ms(400 + random.IntN(200))
		}
	}
	for name, c := range map[string]struct {
		intervals []time.Duration
		want      cardiac.Verdict
	}{
		"steady":                 {steady(ms(800), 150), cardiac.No},
		"breathing":              {breathing(150), cardiac.No},
		"regular bigeminy":       {bigeminy(150), cardiac.No},
		"fibrillation":           {fibrillating(150), cardiac.Yes},
		"irregular ectopic":      {ectopy, cardiac.Yes}, // the known weakness
		"one interval too few":   {fibrillating(128), cardiac.Unknown},
		"just enough intervals":  {fibrillating(129), cardiac.Yes},
		"as slow as 30/min":      {steady(ms(2000), 150), cardiac.No},
		"too slow for five min.": {steady(ms(2500), 150), cardiac.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			beats := train(c.intervals...)
			found := cardiac.JudgeIrregularity(beats, last(beats))
			assert.Equal(t, c.want, found.SuggestsAF, "%+v", found)
		})
	}
}

func TestIrregularityIsKnownAgain127WordsAfterItsOnsetAndItsEnd(t *testing.T) {
	beats := train(slices.Concat(breathing(150), fibrillating(129), breathing(129))...)
	at := func(n int) cardiac.Verdict { return cardiac.JudgeIrregularity(beats[:n+1], beats[n].At).SuggestsAF }
	assert.Equal(t, cardiac.No, at(150))
	assert.Equal(t, cardiac.Yes, at(150+129))
	assert.Equal(t, cardiac.No, at(150+129+129))
}

func TestIrregularityOfStaleBeatsIsUnknown(t *testing.T) {
	beats := train(fibrillating(150)...)
	assert.Equal(t, cardiac.Yes, cardiac.JudgeIrregularity(beats, last(beats).Add(cardiac.StaleAfter)).SuggestsAF)
	assert.Equal(t, cardiac.Unknown, cardiac.JudgeIrregularity(beats, last(beats).Add(cardiac.StaleAfter+1)).SuggestsAF)
}

func TestEctopicBeatsInTheWindowAreCounted(t *testing.T) {
	beats := train(fibrillating(150)...)
	beats[2].Kind = cardiac.Ectopic // before the last 127 words
	beats[100].Kind = cardiac.Ectopic
	beats[150].Kind = cardiac.Ectopic
	assert.Equal(t, 2, cardiac.JudgeIrregularity(beats, last(beats)).Ectopic)
}

func TestAGapCostsTheThreeWordsOverIt(t *testing.T) {
	beats := train(fibrillating(130)...)
	assert.Equal(t, 127, cardiac.JudgeIrregularity(beats, last(beats)).Words)
	beats = beats[:121] // 118 words
	assert.Equal(t, 118, cardiac.JudgeIrregularity(beats, last(beats)).Words)
	beats[60].AfterGap = true
	assert.Equal(t, 115, cardiac.JudgeIrregularity(beats, last(beats)).Words)
}

func TestAMissingBeatCostsTheWordsOverIt(t *testing.T) {
	beats := train(fibrillating(120)...)
	beats = append(beats[:60:60], beats[61:]...)
	assert.Equal(t, 118-1-2, cardiac.JudgeIrregularity(beats, last(beats)).Words, "its own word and the two that join over it")
}

func TestTheFirstBeatsIntervalIsInAWord(t *testing.T) {
	beats := train(fibrillating(129)...)[1:]
	assert.Equal(t, 127, cardiac.JudgeIrregularity(beats, last(beats)).Words)
}

func TestEntropyAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		beats := drawTrain(t, 100, 300)
		found := cardiac.JudgeIrregularity(beats, last(beats))
		words := wordsOf(beats)
		if found.Words != len(words) {
			t.Fatalf("%d words, want %d", found.Words, len(words))
		}
		if len(words) < 127 {
			if found.SuggestsAF != cardiac.Unknown {
				t.Fatal("judged by too few words")
			}
			return
		}
		want := entropyOf(words)
		if math.Abs(found.Entropy-want) > 1e-9 || found.Entropy < 0 || found.Entropy > 1+1e-9 {
			t.Fatalf("entropy %v, want %v", found.Entropy, want)
		}
		if (found.SuggestsAF == cardiac.Yes) != (found.Entropy >= 0.639) {
			t.Fatal(found)
		}
	})
}

// wordsOf are the last 127 words, oldest first, as triples.
func wordsOf(beats []cardiac.Beat) [][3]int {
	var words [][3]int
	var row []int
	for _, b := range beats {
		if b.AfterGap || b.RR < ms(200) {
			row = nil
			continue
		}
		row = append(row, int(math.Floor(60/b.RR.Seconds()/5)))
		if n := len(row); n >= 3 && last(beats).Sub(b.At) <= 5*time.Minute {
			words = append(words, [3]int{row[n-3], row[n-2], row[n-1]})
		}
	}
	return words[max(0, len(words)-127):]
}

func entropyOf(words [][3]int) float64 {
	counts := map[[3]int]int{}
	for _, w := range words {
		counts[w]++
	}
	n, h := float64(len(words)), 0.0
	for _, count := range counts {
		p := float64(count) / n
		h += p * math.Log2(1/p)
	}
	return float64(len(counts)) / (n * math.Log2(n)) * h
}
