package parcel

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"guestjourney/internal/inbox"
)

// KeyOf names an event for good: the same event has the same key in every
// process, today and after a restart. It hashes the parts, each with its length
// before it, so that no two lists of parts run together ("a", "bc" and "ab", "c").
func KeyOf(parts ...string) inbox.Key {
	sum := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		sum.Write(length[:])
		sum.Write([]byte(part))
	}
	return inbox.Key(sum.Sum(nil))
}

// requestSpace is the namespace of the request IDs. It never changes: an event
// that is sent again after an upgrade must have the ID it had before.
var requestSpace = uuid.MustParse("7c0a4b8e-5d1f-4e0e-9a53-2f6c1b7d9e34")

// requestID is what Temporal knows the signal of an event by.
func requestID(key inbox.Key) string { return uuid.NewSHA1(requestSpace, key[:]).String() }

// Replay returns a request ID under which Temporal takes an event once more that
// it has had before. The nonce makes it another one each time.
func Replay(key inbox.Key, nonce string) string {
	return uuid.NewSHA1(requestSpace, append(key[:], nonce...)).String()
}
