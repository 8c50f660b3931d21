package providers

import (
	"strings"
	"unicode"
)

// maxTarget is Temporal's limit of a workflow ID.
const maxTarget = 1000

// Prefixes of the workflow IDs that events may name.
const (
	prefixPayment     = "pay/"
	prefixJourney     = "journey/"
	prefixAppointment = "appt/"
)

// isTarget says whether a signed event may signal this workflow: an event of
// the payment provider must not reach a journey, nor a guest's a payment.
func isTarget(id string, prefixes ...string) bool {
	if len(id) > maxTarget || strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return false
	}
	for _, prefix := range prefixes {
		if rest, found := strings.CutPrefix(id, prefix); found && rest != "" {
			return true
		}
	}
	return false
}

// clip shortens free text that a provider quotes, on a rune's border.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}
