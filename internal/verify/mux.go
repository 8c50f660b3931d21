package verify

import "time"

// MuxHeader carries Mux's time and signatures, in Stripe's form.
const MuxHeader = "Mux-Signature"

// NewMux makes the verifier of the given webhook signing secrets. Without any
// it refuses everything.
func NewMux(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: MuxHeader, window: fiveMinutes, read: pairs(time.Second)}, secrets, asText)
}
