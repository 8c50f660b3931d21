package verify

// CalHeader carries Cal.com's signature; "no-secret-provided" where the webhook
// was made without a secret, which matches nothing here.
const CalHeader = "X-Cal-Signature-256"

// NewCal makes the verifier of the given webhook secrets: HMAC-SHA256 of the
// body in hex. Without any it refuses everything.
func NewCal(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: CalHeader, read: bodyOnly("")}, secrets, asText)
}
