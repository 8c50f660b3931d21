package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomText returns n letters. They are identifiers, not entropy to rely on
// per letter, so the small bias of the modulus does not matter.
func randomText(n int) string {
	raw := randomBytes(n)
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw)
}

// randomHex returns 2n hex digits.
func randomHex(n int) string { return hex.EncodeToString(randomBytes(n)) }

// randomUUID returns a random UUID of version 4.
func randomUUID() string {
	raw := randomBytes(16)
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw) //nolint:errcheck // never fails: crypto/rand ends the program instead
	return raw
}
