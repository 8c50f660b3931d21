package verify

import "time"

// PracticeBetterHeader carries Practice Better's time and signatures, in
// Stripe's form.
const PracticeBetterHeader = "PB-Signature"

// NewPracticeBetter makes the verifier of the given signing secrets. Without
// any it refuses everything.
func NewPracticeBetter(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: PracticeBetterHeader, window: fiveMinutes, read: pairs(time.Second)}, secrets, asText)
}
