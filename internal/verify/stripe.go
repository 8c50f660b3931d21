package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// StripeHeader carries Stripe's time and signatures.
const StripeHeader = "Stripe-Signature"

// maxSignatures bounds the work of one request.
const maxSignatures = 16

// Stripe verifies HMAC-SHA256 in hex over "<t>.<body>". Stripe sends one v1
// for each active secret while one rotates.
type Stripe struct {
	secrets [][]byte
	window  Window
}

// NewStripe makes the verifier of the given signing secrets, which are used as
// text ("whsec_..." is not decoded). Without any it refuses everything.
func NewStripe(secrets ...string) (*Stripe, error) {
	keys, err := texts(secrets)
	if err != nil {
		return nil, err
	}
	return &Stripe{secrets: keys, window: Window{Past: 5 * time.Minute, Future: time.Minute}}, nil
}

// Verify implements Verifier.
func (s *Stripe) Verify(message Message, now time.Time) (Match, error) {
	if len(s.secrets) == 0 {
		return Match{}, ErrNoSecret
	}
	header, err := single(message.Header, StripeHeader)
	if err != nil {
		return Match{}, err
	}
	timestamp, signatures, err := parseStripe(header)
	if err != nil {
		return Match{}, err
	}
	signedAt, err := parseTimestamp(timestamp, time.Second)
	if err != nil {
		return Match{}, err
	}
	key, err := find(s.secrets, signatures, func(secret []byte) []string {
		return []string{hex.EncodeToString(authenticate(sha256.New, secret, timestamp, ".", string(message.Body)))}
	})
	if err != nil {
		return Match{}, err
	}
	return Match{Key: key, SignedAt: signedAt}, s.window.check(signedAt, now)
}

// parseStripe reads "t=...,v1=...,v1=...". Other schemes (v0 of test mode) are
// passed over; a second time is refused.
func parseStripe(header string) (timestamp string, signatures []string, err error) {
	for element := range strings.SplitSeq(header, ",") {
		name, value, found := strings.Cut(element, "=")
		switch {
		case !found:
			return "", nil, ErrHeader
		case name == "t" && timestamp != "":
			return "", nil, ErrHeader
		case name == "t":
			timestamp = value
		case name == "v1":
			signatures = append(signatures, value)
		}
	}
	if timestamp == "" || len(signatures) == 0 || len(signatures) > maxSignatures {
		return "", nil, ErrHeader
	}
	return timestamp, signatures, nil
}
