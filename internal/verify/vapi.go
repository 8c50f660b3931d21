package verify

// Vapi's headers: of the HMAC credential with its default names, and of the
// legacy shared secret (NewToken).
const (
	VapiHeader          = "X-Signature"
	VapiTimestampHeader = "X-Timestamp"
	VapiSecretHeader    = "X-Vapi-Secret"
)

// NewVapi makes the verifier of Vapi's HMAC credential as it is by default:
// HMAC-SHA256 of "<time>.<body>" in hex. Without any secret it refuses
// everything. Vapi does not say in which unit its time is; both are read. A
// credential can be set up as Standard Webhooks instead, which gives events an
// ID: NewStandard.
func NewVapi(secrets ...string) (*HMAC, error) {
	layout := stamped{header: VapiTimestampHeader, unit: bySize, around: dotted}
	return newHMAC(scheme{header: VapiHeader, window: fiveMinutes, read: layout.read, beside: []string{VapiTimestampHeader}}, secrets, asText)
}
