package verify

import "time"

// StripeHeader carries Stripe's time and signatures.
const StripeHeader = "Stripe-Signature"

// NewStripe makes the verifier of the given signing secrets, which are used as
// text ("whsec_..." is not decoded). Without any it refuses everything.
//
// Stripe's own ConstructEvent is not used: it refuses well signed events of
// other API versions, and accepts any future.
func NewStripe(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: StripeHeader, window: fiveMinutes, read: pairs(time.Second)}, secrets, asText)
}
