package reading_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/reading"
)

func TestAGapIsToldOnceAndNeverFilled(t *testing.T) {
	var s reading.Sequence
	for _, c := range []struct {
		number  uint64
		arrival reading.Arrival
		gap     reading.Gap
	}{
		{41, reading.InOrder, reading.Gap{}},
		{42, reading.InOrder, reading.Gap{}},
		{45, reading.AfterGap, reading.Gap{From: 43, To: 44}},
		{43, reading.Late, reading.Gap{}},
		{45, reading.Late, reading.Gap{}},
		{46, reading.InOrder, reading.Gap{}},
	} {
		arrival, gap := s.Take(c.number)
		require.Equal(t, c.arrival, arrival, c.number)
		require.Equal(t, c.gap, gap, c.number)
	}
}

// TestGapsAndNumbersCoverTheSequence: from the first number to the last, each one
// was either taken in order or lies in just one gap, whatever came in between.
func TestGapsAndNumbersCoverTheSequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.Uint64Range(1, 60), 1, 40).Draw(t, "numbers")
		var s reading.Sequence
		times := map[uint64]int{}
		for _, number := range numbers {
			before := s.Last
			arrival, gap := s.Take(number)
			switch arrival {
			case reading.Late:
				if number > before || s.Last != before || gap != (reading.Gap{}) {
					t.Fatalf("late %d after %d: %+v", number, before, gap)
				}
				continue
			case reading.AfterGap:
				if gap.From > gap.To {
					t.Fatalf("%+v", gap)
				}
				for missing := gap.From; missing <= gap.To; missing++ {
					times[missing]++
				}
			}
			times[number]++
		}
		for n := numbers[0]; n <= s.Last; n++ {
			if times[n] != 1 {
				t.Fatalf("number %d is covered %d times", n, times[n])
			}
		}
		if len(times) != int(s.Last-numbers[0])+1 {
			t.Fatalf("something outside the sequence is covered")
		}
	})
}
