package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/google/uuid"
)

// eventKey names an event for good: the same event has the same key in every
// process, today and after a restart.
type eventKey [sha256.Size]byte

// newEventKey hashes the parts, each with its length before it, so that no two
// lists of parts run together ("a", "bc" and "ab", "c").
func newEventKey(parts ...string) eventKey {
	sum := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		sum.Write(length[:])
		sum.Write([]byte(part))
	}
	return eventKey(sum.Sum(nil))
}

// requestSpace is the namespace of the request IDs. It never changes: an event
// that is sent again after an upgrade must have the ID it had before.
var requestSpace = uuid.MustParse("7c0a4b8e-5d1f-4e0e-9a53-2f6c1b7d9e34")

// requestID is what Temporal knows the signal by.
func (k eventKey) requestID() string { return uuid.NewSHA1(requestSpace, k[:]).String() }

// short is for logs.
func (k eventKey) short() string { return hex.EncodeToString(k[:8]) }
