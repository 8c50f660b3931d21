package verify

// MetaHeader carries the signature of Meta's Graph API, WhatsApp Cloud's too.
const MetaHeader = "X-Hub-Signature-256"

// NewMeta makes the verifier of the given app secrets: HMAC-SHA256 of the body,
// in hex behind "sha256=". Without any it refuses everything; without the header
// it refuses the message, where Meta's own sample only warns.
func NewMeta(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: MetaHeader, read: bodyOnly("sha256=")}, secrets, asText)
}
