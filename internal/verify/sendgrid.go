package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"time"
)

// SendGrid's headers of the signed event webhook.
const (
	SendGridHeader          = "X-Twilio-Email-Event-Webhook-Signature"
	SendGridTimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// SendGrid verifies ECDSA P-256 with SHA-256, ASN.1 in base64, over the time
// and the body with its final CR LF.
type SendGrid struct {
	keys   []sendGridKey
	window Window
}

type sendGridKey struct {
	id     string
	public *ecdsa.PublicKey
}

// NewSendGrid makes the verifier of the given public keys, base64 of PKIX.
// Without any it refuses everything. The window is a day: whether SendGrid
// signs a retry anew is not documented, and it retries for 24 hours.
func NewSendGrid(publicKeys ...string) (*SendGrid, error) {
	sendGrid := &SendGrid{window: Window{Past: 24 * time.Hour, Future: time.Minute}}
	for _, text := range publicKeys {
		key, err := parsePublicKey(text)
		if err != nil {
			return nil, err
		}
		sendGrid.keys = append(sendGrid.keys, sendGridKey{id: KeyID(text), public: key})
	}
	return sendGrid, nil
}

func parsePublicKey(text string) (*ecdsa.PublicKey, error) {
	wrong := errors.New("want the verification key as SendGrid shows it: base64 of an ECDSA P-256 public key")
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, wrong
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, wrong
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, wrong
	}
	return key, nil
}

// Verify implements Verifier.
func (s *SendGrid) Verify(message Message, now time.Time) (Match, error) {
	if len(s.keys) == 0 {
		return Match{}, ErrNoSecret
	}
	header, err := single(message.Header, SendGridHeader)
	if err != nil {
		return Match{}, err
	}
	timestamp, err := single(message.Header, SendGridTimestampHeader)
	if err != nil {
		return Match{}, err
	}
	signedAt, err := parseTimestamp(timestamp, time.Second)
	if err != nil {
		return Match{}, err
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(header)
	if err != nil {
		return Match{}, ErrHeader
	}
	match, err := s.find(timestamp, message.Body, signature)
	if err != nil {
		return Match{}, err
	}
	match.SignedAt = signedAt
	return match, s.window.check(signedAt, now)
}

// find tries every key. VerifyASN1 refuses bytes after the signature.
func (s *SendGrid) find(timestamp string, body, signature []byte) (Match, error) {
	digest := sha256.New()
	digest.Write([]byte(timestamp))
	digest.Write(body)
	sum := digest.Sum(nil)
	found := -1
	for index, key := range s.keys {
		if ecdsa.VerifyASN1(key.public, sum, signature) && found < 0 {
			found = index
		}
	}
	if found < 0 {
		return Match{}, ErrSignature
	}
	return Match{Key: found, KeyID: s.keys[found].id}, nil
}

func (s *SendGrid) claims(header http.Header) bool { return has(header, SendGridHeader) }
