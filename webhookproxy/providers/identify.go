package providers

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// digest names an event by several fields. Each has its length before it, so
// that no two lists of fields run together; and as a hash, because fields may
// hold what is personal (a user, a file's name, a phone number inside of a
// WhatsApp ID), which an ID must not.
func digest(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		sum.Write(length[:])
		sum.Write([]byte(part))
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// content names an event that has no ID by what was signed: the same event sent
// again is the same, which a random ID would deny. Spaces and the order of keys
// do not count.
func content(body []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "content:" + hashOf(body) // no JSON: as it is
	}
	return contentOf(value)
}

// contentOf is content of what was read from JSON.
func contentOf(value any) string {
	// encoding/json writes a map's keys in order.
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("what was read from JSON cannot be written as JSON: %v", err))
	}
	return "content:" + hashOf(text)
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// idOr is the provider's event ID, or the content where it sent none.
func idOr[T ~string](id T, body []byte) string {
	if id == "" {
		return content(body)
	}
	return string(id)
}
