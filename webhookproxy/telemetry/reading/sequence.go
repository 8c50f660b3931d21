package reading

// Gap is a run of sequence numbers that did not come, both ends included. It is
// recorded; what comes later under these numbers does not fill it.
type Gap struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Sequence follows the numbers of one device. The zero value has seen none.
type Sequence struct {
	Last uint64 `json:"last"`
}

// Arrival is where a number stands in the sequence.
type Arrival uint8

// Arrivals. A late number is not above the last one: a repetition, or one from a
// gap.
const (
	InOrder Arrival = iota
	AfterGap
	Late
)

// Take goes on to a number, and returns the gap before it if there is one. A late
// one changes nothing. The first number of all follows no gap: what was before,
// nobody knows.
func (s *Sequence) Take(number uint64) (Arrival, Gap) {
	arrival, gap := s.Look(number)
	if arrival != Late {
		s.Last = number
	}
	return arrival, gap
}

// Look is Take without going on.
func (s *Sequence) Look(number uint64) (Arrival, Gap) {
	switch {
	case number <= s.Last:
		return Late, Gap{}
	case s.Last == 0 || number == s.Last+1:
		return InOrder, Gap{}
	}
	return AfterGap, Gap{From: s.Last + 1, To: number - 1}
}
