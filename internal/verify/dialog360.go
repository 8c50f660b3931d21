package verify

import "strings"

// Dialog360Header carries the signature of 360dialog's partner webhooks. Direct
// clients get none; their webhooks bring a static header: NewToken.
const Dialog360Header = "X-360dialog-Signature"

// New360Dialog makes the verifier of the given platform secrets: HMAC-SHA256 of
// the body in hex. Without any it refuses everything. "sha256=" may stand before
// it: the documents do not say, and receivers in use disagree.
func New360Dialog(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: Dialog360Header, read: read360Dialog}, secrets, asText)
}

func read360Dialog(message Message, header string) (claim, error) {
	value, err := single(message.Header, header)
	if err != nil {
		return claim{}, err
	}
	return claim{signatures: []string{strings.TrimPrefix(value, "sha256=")}}, nil
}
