package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// Kinds of address that have a claim.
const (
	KindPhone = "phone"
	KindEmail = "email"
)

// keyBytes is the length of the identity key.
const keyBytes = 32

// digestDigits is how much of the HMAC a workflow ID carries: 128 bits, far
// beyond any chance of two addresses meeting.
const digestDigits = 32

// ParseKey reads IDENTITY_KEY: 32 bytes in base64. Every program reads it
// through here, because two readings of one key would be two sets of claims.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != keyBytes {
		return nil, errors.New("IDENTITY_KEY: want 32 bytes in base64, such as `openssl rand -base64 32` prints; it never changes once guests are claimed")
	}
	return key, nil
}

// ClaimID returns the workflow ID of an address's claim. canonical comes from
// Phone or Email. Without the key nobody can find the address again by trying
// all numbers of a country.
func ClaimID(key []byte, kind, canonical string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind + ":" + canonical))
	return "claim/" + kind + "/" + hex.EncodeToString(mac.Sum(nil))[:digestDigits]
}
