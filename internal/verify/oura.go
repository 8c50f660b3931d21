package verify

// Oura's headers.
const (
	OuraHeader          = "X-Oura-Signature"
	OuraTimestampHeader = "X-Oura-Timestamp"
)

// NewOura makes the verifier of the given client secrets: HMAC-SHA256 of time
// and body with nothing between, in upper-case hex. Without any it refuses
// everything. Oura does not say in which unit its time is; both are read.
func NewOura(secrets ...string) (*HMAC, error) {
	layout := stamped{header: OuraTimestampHeader, unit: bySize}
	return newHMAC(scheme{
		header: OuraHeader, encoding: upperHex, window: fiveMinutes, read: layout.joined,
		beside: []string{OuraTimestampHeader},
	}, secrets, asText)
}
