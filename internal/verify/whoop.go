package verify

import "time"

// WHOOP's headers: of the API's webhooks, and of the partner API's.
const (
	WHOOPHeader          = "X-WHOOP-Signature"
	WHOOPTimestampHeader = "X-WHOOP-Signature-Timestamp"
	WHOOPPartnerHeader   = "WHOOP-Signed"
)

// NewWHOOP makes the verifier of the given client secrets: HMAC-SHA256 of the
// time in milliseconds and the body with nothing between, in base64. Without any
// it refuses everything.
func NewWHOOP(secrets ...string) (*HMAC, error) {
	layout := stamped{header: WHOOPTimestampHeader, unit: time.Millisecond}
	return newHMAC(scheme{
		header: WHOOPHeader, encoding: base64Standard, window: fiveMinutes, read: layout.joined,
		beside: []string{WHOOPTimestampHeader},
	}, secrets, asText)
}

// NewWHOOPPartner makes the verifier of the given partner secrets: HMAC-SHA256
// of the body in hex. Without any it refuses everything.
func NewWHOOPPartner(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: WHOOPPartnerHeader, read: bodyOnly("")}, secrets, asText)
}
