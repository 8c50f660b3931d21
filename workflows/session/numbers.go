package session

// Numbers knows which transitions have come, in a few bytes however many there
// are.
type Numbers struct {
	Last int `json:"last,omitempty"` // the highest that has come
	// Missing are those below it that have not, in order.
	Missing []Gap `json:"missing,omitempty"`
}

// Gap is a range of numbers, both ends included.
type Gap struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// take records a number and says whether it is new.
func (n *Numbers) take(number int) bool {
	if number > n.Last {
		if number > n.Last+1 {
			n.Missing = append(n.Missing, Gap{n.Last + 1, number - 1})
		}
		n.Last = number
		return true
	}
	for i, gap := range n.Missing {
		if gap.From <= number && number <= gap.To {
			n.Missing = append(append(append([]Gap(nil), n.Missing[:i]...), gap.without(number)...), n.Missing[i+1:]...)
			return true
		}
	}
	return false
}

// without is what is left of a gap when one of its numbers has come.
func (g Gap) without(number int) (left []Gap) {
	if g.From < number {
		left = append(left, Gap{g.From, number - 1})
	}
	if number < g.To {
		left = append(left, Gap{number + 1, g.To})
	}
	return left
}

// whole says that nothing is missing.
func (n *Numbers) whole() bool { return len(n.Missing) == 0 }
