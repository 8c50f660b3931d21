package cardiac

// Verdict is an answer that may be missing. The zero value is Unknown, so that
// what nobody judged does not read as "all is well".
type Verdict uint8

// Verdicts.
const (
	Unknown Verdict = iota
	No
	Yes
)

// String returns "unknown", "no" or "yes".
func (v Verdict) String() string {
	switch v {
	case No:
		return "no"
	case Yes:
		return "yes"
	default:
		return "unknown"
	}
}

func verdict(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}
