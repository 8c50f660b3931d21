package verify

import "time"

// SanityHeader carries Sanity's time and signature: Stripe's form, but
// milliseconds, and base64url without padding.
const SanityHeader = "Sanity-Webhook-Signature"

// NewSanity makes the verifier of the given webhook secrets. Without any it
// refuses everything. The window is ours: Sanity's toolkit accepts any time
// since 2021.
func NewSanity(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{
		header: SanityHeader, encoding: base64URL, window: fiveMinutes, read: pairs(time.Millisecond),
	}, secrets, asText)
}
