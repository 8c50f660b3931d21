package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"time"
	"unicode/utf8"
)

// HubSpot's headers of signature versions 1 and 2.
const (
	HubSpotLegacyHeader  = "X-HubSpot-Signature"
	HubSpotVersionHeader = "X-HubSpot-Signature-Version"
)

// HubSpotLegacy verifies versions 1 and 2 of HubSpot's signature: plain SHA-256
// in hex, behind the secret the body (v1), or method, URI and body (v2). Only
// for subscriptions that get no version 3: no time is signed.
type HubSpotLegacy struct {
	keys keyring
}

// NewHubSpotLegacy makes the verifier of the given app client secrets. Without
// any it refuses everything; give it none unless it is needed.
func NewHubSpotLegacy(secrets ...string) (*HubSpotLegacy, error) {
	keys, err := newKeyring(secrets, asText)
	if err != nil {
		return nil, err
	}
	return &HubSpotLegacy{keys: keys}, nil
}

// Verify implements Verifier.
func (h *HubSpotLegacy) Verify(message Message, _ time.Time) (Match, error) {
	if len(h.keys) == 0 {
		return Match{}, ErrNoSecret
	}
	signature, err := single(message.Header, HubSpotLegacyHeader)
	if err != nil {
		return Match{}, err
	}
	before, err := hubSpotLegacyBefore(message)
	if err != nil {
		return Match{}, err
	}
	// A hash with the secret in front can be prolonged by anybody, but only with
	// padding, whose first byte 0x80 makes the body no UTF-8.
	if !utf8.Valid(message.Body) {
		return Match{}, ErrSignature
	}
	return h.keys.match(func(key *key) bool {
		digest := sha256.New()
		digest.Write(key.secret)
		digest.Write([]byte(before))
		digest.Write(message.Body)
		return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(digest.Sum(nil))), []byte(signature)) == 1
	})
}

func hubSpotLegacyBefore(message Message) (string, error) {
	version, err := single(message.Header, HubSpotVersionHeader)
	switch {
	case err != nil:
		return "", err
	case version == "v1":
		return "", nil
	case version == "v2":
		return message.Method + message.URL, nil
	default:
		return "", ErrHeader
	}
}

func (h *HubSpotLegacy) claims(header http.Header) bool { return has(header, HubSpotLegacyHeader) }
