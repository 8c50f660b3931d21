package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"sync"
)

// KeyID names a secret without showing it: the first 8 hex digits of the
// SHA-256 of the text that is configured. `printf %s "$SECRET" | sha256sum`
// tells an operator the same.
func KeyID(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:4])
}

// key is one of the secrets of a provider.
type key struct {
	id      string
	secret  []byte
	signers sync.Pool // of *signer; empty where the scheme is no HMAC
}

// keyring holds the secrets that are valid at the same time while one rotates.
type keyring []*key

var errEmpty = errors.New("a secret is empty: remove the extra comma, or set the secret")

// newKeyring decodes secrets; an empty one is refused whatever the decoder says.
func newKeyring(secrets []string, decode func(secret string) ([]byte, error)) (keyring, error) {
	keys := make(keyring, 0, len(secrets))
	for _, secret := range secrets {
		if secret == "" {
			return nil, errEmpty
		}
		decoded, err := decode(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, &key{id: KeyID(secret), secret: decoded})
	}
	return keys, nil
}

// newSigning is a keyring whose keys make HMACs.
func newSigning(algorithm func() hash.Hash, secrets []string, decode func(string) ([]byte, error)) (keyring, error) {
	keys, err := newKeyring(secrets, decode)
	for _, key := range keys {
		key.signers.New = func() any { return newSigner(algorithm, key.secret) }
	}
	return keys, err
}

// match returns the first key that made the signature. All keys are tried,
// whichever it is.
func (k keyring) match(made func(*key) bool) (Match, error) {
	found := -1
	for index, key := range k {
		if made(key) && found < 0 {
			found = index
		}
	}
	if found < 0 {
		return Match{}, ErrSignature
	}
	return Match{Key: found, KeyID: k[found].id}, nil
}

// asText is for secrets that are used as the text they are.
func asText(secret string) ([]byte, error) { return []byte(secret), nil }

// asBase64 is for secrets that are shown in base64.
func asBase64(secret string) ([]byte, error) {
	decoded, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || len(decoded) == 0 {
		return nil, errors.New("want the secret as the provider shows it: base64")
	}
	return decoded, nil
}
