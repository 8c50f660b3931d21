package verify

import (
	"crypto/sha1" //nolint:gosec // Cloudinary's scheme; see Cloudinary.
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"net/http"
	"time"
)

// Cloudinary's headers.
const (
	CloudinaryHeader          = "X-Cld-Signature"
	CloudinaryTimestampHeader = "X-Cld-Timestamp"
)

// Cloudinary verifies a plain hash in hex, of body, time and secret in a row:
// SHA-1 by default, SHA-256 where the account is set to it. The length of the
// signature tells which. With the secret at the end it cannot be prolonged.
type Cloudinary struct {
	keys   keyring
	window Window
}

// NewCloudinary makes the verifier of the given API secrets. Without any it
// refuses everything. The window of 2 hours is that of Cloudinary's libraries,
// which however accept any future, and compare in a time that tells.
func NewCloudinary(secrets ...string) (*Cloudinary, error) {
	keys, err := newKeyring(secrets, asText)
	if err != nil {
		return nil, err
	}
	return &Cloudinary{keys: keys, window: Window{Past: 2 * time.Hour, Future: time.Minute}}, nil
}

// Verify implements Verifier.
func (c *Cloudinary) Verify(message Message, now time.Time) (Match, error) {
	if len(c.keys) == 0 {
		return Match{}, ErrNoSecret
	}
	signature, err := single(message.Header, CloudinaryHeader)
	if err != nil {
		return Match{}, err
	}
	timestamp, err := single(message.Header, CloudinaryTimestampHeader)
	if err != nil {
		return Match{}, err
	}
	signedAt, err := parseTimestamp(timestamp, time.Second)
	if err != nil {
		return Match{}, err
	}
	algorithm, err := cloudinaryAlgorithm(signature)
	if err != nil {
		return Match{}, err
	}
	match, err := c.keys.match(func(key *key) bool {
		digest := algorithm()
		digest.Write(message.Body)
		digest.Write([]byte(timestamp))
		digest.Write(key.secret)
		return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(digest.Sum(nil))), []byte(signature)) == 1
	})
	if err != nil {
		return Match{}, err
	}
	match.SignedAt = signedAt
	return match, c.window.check(signedAt, now)
}

func cloudinaryAlgorithm(signature string) (func() hash.Hash, error) {
	switch len(signature) {
	case hex.EncodedLen(sha1.Size):
		return sha1.New, nil
	case hex.EncodedLen(sha256.Size):
		return sha256.New, nil
	default:
		return nil, ErrSignature
	}
}

func (c *Cloudinary) claims(header http.Header) bool { return has(header, CloudinaryHeader) }
