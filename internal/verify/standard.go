package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"
)

// Headers of Standard Webhooks.
const (
	StandardIDHeader        = "Webhook-Id"
	StandardTimestampHeader = "Webhook-Timestamp"
	StandardSignatureHeader = "Webhook-Signature"
)

// Standard verifies Standard Webhooks: HMAC-SHA256 in base64 over
// "<id>.<timestamp>.<body>", signatures separated by spaces.
type Standard struct {
	secrets [][]byte
	window  Window
}

// Lengths of a secret that the specification allows, in bytes.
const (
	minStandardSecret = 24
	maxStandardSecret = 64
)

// NewStandard makes the verifier of the given secrets, "whsec_" and base64.
// Without any it refuses everything.
func NewStandard(secrets ...string) (*Standard, error) {
	standard := &Standard{window: Window{Past: 5 * time.Minute, Future: 5 * time.Minute}}
	for _, secret := range secrets {
		encoded, found := strings.CutPrefix(secret, "whsec_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !found || err != nil || len(key) < minStandardSecret || len(key) > maxStandardSecret {
			return nil, errors.New("want whsec_ and base64 of 24 to 64 bytes")
		}
		standard.secrets = append(standard.secrets, key)
	}
	return standard, nil
}

// standardID keeps the full stop out of the ID: it separates the signed parts,
// and "a" + "1.b" must not be signed like "a.1" + "b".
var standardID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Verify implements Verifier.
func (s *Standard) Verify(message Message, now time.Time) (Match, error) {
	if len(s.secrets) == 0 {
		return Match{}, ErrNoSecret
	}
	id, errID := single(message.Header, StandardIDHeader)
	timestamp, errTime := single(message.Header, StandardTimestampHeader)
	header, errSignature := single(message.Header, StandardSignatureHeader)
	if errors.Join(errID, errTime, errSignature) != nil || !standardID.MatchString(id) {
		return Match{}, ErrHeader
	}
	signedAt, err := parseTimestamp(timestamp, time.Second)
	if err != nil {
		return Match{}, err
	}
	signatures := strings.Split(header, " ")
	if len(signatures) > maxSignatures {
		return Match{}, ErrHeader
	}
	key, err := find(s.secrets, signatures, func(secret []byte) []string {
		return []string{"v1," + base64Of(authenticate(sha256.New, secret, id, ".", timestamp, ".", string(message.Body)))}
	})
	if err != nil {
		return Match{}, err
	}
	return Match{Key: key, SignedAt: signedAt}, s.window.check(signedAt, now)
}
