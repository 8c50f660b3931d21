package cardiac_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

func TestVariabilityOfAFewIntervalsByHand(t *testing.T) {
	// Mean 840; deviations -40 20 -20 40; differences 60 -40 60.
	beats := train(ms(800), ms(860), ms(820), ms(880))
	hrv, ok := cardiac.Variability(beats, cardiac.Stretch{From: start, To: start.Add(6720 * time.Millisecond)})
	require.True(t, ok)
	assert.InDelta(t, math.Sqrt(4000.0/3), hrv.SDNN, 1e-9, "n-1")
	assert.InDelta(t, math.Sqrt(8800.0/3), hrv.RMSSD, 1e-9)
	assert.InDelta(t, 50, hrv.PNN50, 1e-9, "two of four intervals, not two of three differences")
	assert.Equal(t, 4, hrv.NN)
	assert.Equal(t, 3, hrv.Differences)
	assert.InDelta(t, 0.5, hrv.Coverage, 1e-9, "3.36 s of 6.72 s")
}

func TestPNN50CountsOnlyMoreThan50Milliseconds(t *testing.T) {
	hrv, ok := cardiac.Variability(train(ms(800), ms(850), ms(800), ms(851)), whole(start.Add(time.Minute)))
	require.True(t, ok)
	assert.InDelta(t, 25, hrv.PNN50, 1e-9)
}

func TestWhatIsNotBetweenTwoSinusBeatsIsDropped(t *testing.T) {
	for name, c := range map[string]struct {
		spoil           func([]cardiac.Beat) []cardiac.Beat
		nn, differences int
	}{
		"nothing":                  {func(b []cardiac.Beat) []cardiac.Beat { return b }, 8, 7},
		"an ectopic beat":          {func(b []cardiac.Beat) []cardiac.Beat { b[4].Kind = cardiac.Ectopic; return b }, 6, 4},
		"the first beat ectopic":   {func(b []cardiac.Beat) []cardiac.Beat { b[0].Kind = cardiac.Ectopic; return b }, 7, 6},
		"a gap":                    {func(b []cardiac.Beat) []cardiac.Beat { b[4].AfterGap = true; return b }, 7, 5},
		"a beat that did not come": {func(b []cardiac.Beat) []cardiac.Beat { return append(b[:4:4], b[5:]...) }, 6, 4},
		"a beat that came twice": {func(b []cardiac.Beat) []cardiac.Beat {
			return append(append(b[:4:4], b[3]), b[4:]...)
		}, 8, 6},
		"no interval":   {func(b []cardiac.Beat) []cardiac.Beat { b[4].RR = 0; return b }, 7, 5},
		"an artefact":   {func(b []cardiac.Beat) []cardiac.Beat { return move(b, 4, 299-800) }, 7, 5},
		"a pause":       {func(b []cardiac.Beat) []cardiac.Beat { return move(b, 4, 2001-800) }, 7, 5},
		"still a sinus": {func(b []cardiac.Beat) []cardiac.Beat { return move(b, 4, 2000-800) }, 8, 7},
	} {
		t.Run(name, func(t *testing.T) {
			hrv, ok := cardiac.Variability(c.spoil(train(steady(ms(800), 8)...)), whole(start.Add(time.Minute)))
			assert.True(t, ok)
			assert.Equal(t, c.nn, hrv.NN)
			assert.Equal(t, c.differences, hrv.Differences)
		})
	}
}

// move makes beat i's interval longer by so many ms and later beats as much later.
func move(beats []cardiac.Beat, i, by int) []cardiac.Beat {
	beats[i].RR += ms(by)
	for j := i; j < len(beats); j++ {
		beats[j].At = beats[j].At.Add(ms(by))
	}
	return beats
}

func TestTooFewIntervalsAreNoVariability(t *testing.T) {
	split := train(steady(ms(800), 3)...)
	split[2].AfterGap = true // two intervals, not adjacent
	for name, beats := range map[string][]cardiac.Beat{
		"none": nil, "one beat": train(), "one interval": train(ms(800)), "no pair": split,
	} {
		t.Run(name, func(t *testing.T) {
			hrv, ok := cardiac.Variability(beats, whole(start.Add(time.Minute)))
			assert.False(t, ok)
			assert.Zero(t, hrv.SDNN+hrv.RMSSD+hrv.PNN50)
		})
	}
	hrv, _ := cardiac.Variability(split, cardiac.Stretch{From: start, To: start.Add(ms(3200))})
	assert.InDelta(t, 0.5, hrv.Coverage, 1e-9, "the coverage says why")
}

func TestOnlyIntervalsThatLieInTheWindowCount(t *testing.T) {
	beats := train(steady(ms(1000), 10)...)
	hrv, ok := cardiac.Variability(beats, cardiac.Stretch{From: start.Add(ms(2500)), To: start.Add(ms(6500))})
	require.True(t, ok)
	assert.Equal(t, 3, hrv.NN, "3 to 6 s")
	assert.InDelta(t, 0.75, hrv.Coverage, 1e-9)

	_, ok = cardiac.Variability(beats, cardiac.Stretch{From: start.Add(time.Minute), To: start})
	assert.False(t, ok, "a window that ends before it begins")
}

func TestCoverageIsAtMostWhole(t *testing.T) {
	beats := train(steady(ms(800), 5)...)
	for i := range beats {
		beats[i].RR += ms(50) // within the drift between the monitor's clocks
	}
	hrv, ok := cardiac.Variability(beats, cardiac.Stretch{From: start, To: last(beats)})
	require.True(t, ok)
	assert.Equal(t, 1.0, hrv.Coverage)
}

func TestUnclassifiedBeatsAreUsedAndCounted(t *testing.T) {
	beats := train(steady(ms(800), 5)...)
	beats[2].Kind = cardiac.Unclassified
	hrv, ok := cardiac.Variability(beats, whole(start.Add(time.Minute)))
	require.True(t, ok)
	assert.Equal(t, 5, hrv.NN)
	assert.Equal(t, 2, hrv.Unclassified)
}

func TestVariabilityAgreesWithExactArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		beats := drawTrain(t, 0, 80)
		window := cardiac.Stretch{From: start, To: last(beats).Add(time.Duration(rapid.IntRange(-5, 5).Draw(t, "s")) * time.Second)}
		got, ok := cardiac.Variability(beats, window)
		want := exactly(beats, window)
		if ok != (want.differences > 0) || got.NN != want.nn || got.Differences != want.differences {
			t.Fatalf("counted %d and %d, want %+v", got.NN, got.Differences, want)
		}
		if !ok {
			return
		}
		for name, pair := range map[string][2]float64{
			"SDNN": {got.SDNN, want.sdnn}, "RMSSD": {got.RMSSD, want.rmssd}, "pNN50": {got.PNN50, want.pnn50}, "coverage": {got.Coverage, want.coverage},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-9*pair[1] { // NaN fails below
				t.Fatalf("%s: %v, want %v", name, pair[0], pair[1])
			}
			if math.IsNaN(pair[0]) {
				t.Fatal(name)
			}
		}
	})
}

type exact struct {
	nn, differences              int
	sdnn, rmssd, pnn50, coverage float64
}

// exactly cuts the beats into runs of sinus beats first, and then calculates in
// whole nanoseconds: the variance as (n sum(x^2) - sum(x)^2) / (n (n-1)).
func exactly(beats []cardiac.Beat, window cardiac.Stretch) exact {
	var runs [][]int64
	var run []int64
	cut := func() { runs, run = append(runs, run), nil }
	for i, b := range beats {
		fits := i > 0 && !b.AfterGap && b.Kind != cardiac.Ectopic && beats[i-1].Kind != cardiac.Ectopic &&
			b.RR >= ms(300) && b.RR <= ms(2000) && !b.At.Add(-b.RR).Before(window.From) && !b.At.After(window.To)
		if !fits {
			cut()
			continue
		}
		run = append(run, b.RR.Nanoseconds())
	}
	cut()
	sum, squares, steps, over := new(big.Int), new(big.Int), new(big.Int), 0
	var e exact
	for _, run := range runs {
		for i, x := range run {
			e.nn++
			sum.Add(sum, big.NewInt(x))
			squares.Add(squares, new(big.Int).Mul(big.NewInt(x), big.NewInt(x)))
			if i == 0 {
				continue
			}
			step := x - run[i-1]
			e.differences++
			steps.Add(steps, new(big.Int).Mul(big.NewInt(step), big.NewInt(step)))
			if step > 50e6 || step < -50e6 {
				over++
			}
		}
	}
	if e.differences == 0 {
		return e
	}
	n := big.NewInt(int64(e.nn))
	top := new(big.Int).Sub(new(big.Int).Mul(n, squares), new(big.Int).Mul(sum, sum))
	e.sdnn = root(top, new(big.Int).Mul(n, big.NewInt(int64(e.nn-1)))) / 1e6
	e.rmssd = root(steps, big.NewInt(int64(e.differences))) / 1e6
	e.pnn50, _ = new(big.Rat).SetFrac64(int64(100*over), int64(e.nn)).Float64()
	e.coverage, _ = new(big.Rat).SetFrac(sum, big.NewInt(window.To.Sub(window.From).Nanoseconds())).Float64()
	return e
}

func root(top, bottom *big.Int) float64 {
	quotient := new(big.Float).SetPrec(200).Quo(new(big.Float).SetPrec(200).SetInt(top), new(big.Float).SetPrec(200).SetInt(bottom))
	result, _ := new(big.Float).SetPrec(200).Sqrt(quotient).Float64()
	return result
}
