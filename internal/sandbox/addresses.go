package sandbox

import "net/mail"

// looksLikeEmail says whether a text is a bare e-mail address.
func looksLikeEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text
}
