package sandbox

import "crypto/subtle"

// same compares a shown secret with the right one in constant time.
func same(shown, right string) bool {
	return right != "" && subtle.ConstantTimeCompare([]byte(shown), []byte(right)) == 1
}
