package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// KeySize is the length of a key in bytes: AES-256.
const KeySize = 32

var keyID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,32}$`)

// ErrUnknownKey is wrapped by the error of a payload whose key is not in the ring.
var ErrUnknownKey = errors.New("unknown key")

// Ring holds the keys of one program: the first seals, all unseal.
//
// A key is rotated in two rollouts. First the new key is added last everywhere,
// so that every program can read it; then it is put first, so that it is used.
type Ring struct {
	first string
	keys  map[string]cipher.AEAD
}

// ParseRing reads "<id>:<base64 of 32 bytes>[,...]", the form of PAYLOAD_KEYS.
// Its errors name the key by position and ID, and never show key material.
func ParseRing(text string) (*Ring, error) {
	ring := &Ring{keys: map[string]cipher.AEAD{}}
	for i, part := range strings.Split(text, ",") {
		if err := ring.add(strings.TrimSpace(part)); err != nil {
			return nil, fmt.Errorf("key %d: %w; want <id>:<base64 of %d bytes>[,...]", i+1, err, KeySize)
		}
	}
	return ring, nil
}

// UnmarshalText reads a ring from the environment.
func (r *Ring) UnmarshalText(text []byte) error {
	ring, err := ParseRing(string(text))
	if err != nil {
		return err
	}
	*r = *ring
	return nil
}

func (r *Ring) add(part string) error {
	id, encoded, found := strings.Cut(part, ":")
	if !found || !keyID.MatchString(id) {
		return errors.New("no key ID of up to 32 letters, digits, '_', '.' or '-' before the ':'")
	}
	if _, known := r.keys[id]; known {
		return fmt.Errorf("the ID %q is used twice", id)
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(secret) != KeySize {
		return fmt.Errorf("%q is not the base64 of %d bytes", id, KeySize)
	}
	aead, err := newAEAD(secret)
	if err != nil {
		return fmt.Errorf("%q cannot be used: %w", id, err)
	}
	if r.first == "" {
		r.first = id
	}
	r.keys[id] = aead
	return nil
}

func newAEAD(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Empty says whether there is no key: nothing can be sealed or unsealed.
func (r *Ring) Empty() bool { return r == nil || len(r.keys) == 0 }

// String names the ring without its keys, so that none reaches a log.
func (r *Ring) String() string {
	if r.Empty() {
		return "no keys"
	}
	return fmt.Sprintf("%d keys, sealing with %q", len(r.keys), r.first)
}

// GoString keeps the keys out of %#v.
func (r *Ring) GoString() string { return r.String() }

// sealing is the ID of the key that seals.
func (r *Ring) sealing() string { return r.first }

// key is the one place where a key is chosen. Guests have no keys of their own
// yet: a payload that names a guest was sealed by a later version of this
// program, and waits for it.
func (r *Ring) key(id, guest string) (cipher.AEAD, error) {
	if guest != "" {
		return nil, fmt.Errorf("%w: %.32q of a single guest, which this version does not have", ErrUnknownKey, id)
	}
	aead, ok := r.keys[id]
	if !ok {
		return nil, fmt.Errorf("%w %.32q: add it to PAYLOAD_KEYS", ErrUnknownKey, id)
	}
	return aead, nil
}
