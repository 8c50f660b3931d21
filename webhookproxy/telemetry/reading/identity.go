package reading

import (
	"crypto/sha256"
	"fmt"
)

// Identity names a batch for good: Device and Sequence say which one it is, and
// Digest whether a second one of that name is the same.
type Identity struct {
	Device   string
	Sequence uint64
	Digest   [sha256.Size]byte
}

// Likeness is what two identities say about their batches.
type Likeness uint8

// Likenesses. Conflicting batches have one name and different content: the first
// one is kept, and the device's counter is wrong.
const (
	Different Likeness = iota
	Same
	Conflicting
)

// Identify returns the identity of a batch. It is made from what the batch says,
// so that spaces or the order of members make no second batch.
func Identify(batch Batch) (Identity, error) {
	text, err := Encode(batch)
	if err != nil {
		return Identity{}, fmt.Errorf("readings: identify a batch: %w", err)
	}
	return Identity{Device: batch.Device, Sequence: batch.Sequence, Digest: sha256.Sum256(text)}, nil
}

// Compare says whether another batch is the same.
func (i Identity) Compare(other Identity) Likeness {
	switch {
	case i.Device != other.Device || i.Sequence != other.Sequence:
		return Different
	case i.Digest != other.Digest:
		return Conflicting
	}
	return Same
}
