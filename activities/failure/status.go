package failure

// OfStatus is the class of an error answer by its HTTP status alone, whoever the
// provider is. A status that is no error is Ambiguous: the answer was there and
// said nothing.
func OfStatus(status int) Class {
	switch {
	case status == 429: // too many requests
		return Throttled
	case status == 425: // too early
		return NotProcessed
	case status == 408, status >= 500: // request timeout, and every trouble of theirs
		return Ambiguous
	case status >= 300:
		return Permanent
	default:
		return Ambiguous
	}
}
