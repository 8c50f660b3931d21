package identity

import "strings"

// Fewest and most digits of an international phone number that can be dialled
// (ITU-T E.164 allows 15; below 7 it may as well be a room or a year).
const (
	minPhoneDigits = 7
	maxPhoneDigits = 15
)

// LooksLikeAddress says whether a workflow ID seems to hold an e-mail address
// or a phone number. IDs are shown in clear, so such a one is refused. It
// judges each part between slashes; an opaque ID with letters in it passes.
func LooksLikeAddress(id string) bool {
	for _, part := range strings.Split(id, "/") {
		if strings.ContainsAny(part, "@＠") || strings.Contains(strings.ToLower(part), "%40") || looksLikePhone(part) {
			return true
		}
	}
	return false
}

// looksLikePhone: only digits and the signs that people put between them. A
// calendar date, as cohorts carry it, is no phone number.
func looksLikePhone(part string) bool {
	if isDate(part) {
		return false
	}
	digits := 0
	for _, r := range part {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-(). _", r):
			return false
		}
	}
	return digits >= minPhoneDigits && digits <= maxPhoneDigits
}

// isDate: the form 2027-03-02.
func isDate(part string) bool {
	if len(part) != len("2027-03-02") || part[4] != '-' || part[7] != '-' {
		return false
	}
	return strings.Count(part, "-") == 2 && (strings.HasPrefix(part, "19") || strings.HasPrefix(part, "20")) && part[5] <= '1' && part[8] <= '3'
}
