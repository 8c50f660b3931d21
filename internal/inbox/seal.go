package inbox

import (
	"errors"
	"fmt"

	"guestjourney/internal/codec"
)

// boundTo is sealed with the content: a payload that was moved to another row
// is not taken for that row's.
const boundTo = "inbox-event"

// seal makes of a payload what is stored.
func (s *store) seal(key Key, plain []byte) ([]byte, error) {
	sealed, err := s.codec.SealBytes(boundTo, key[:], plain)
	if err != nil {
		return nil, fmt.Errorf("inbox: seal event %s: %w", key, err)
	}
	return sealed, nil
}

// unseal reads what seal wrote. The row is as it was, whatever comes out.
func (s *store) unseal(key Key, stored []byte) ([]byte, error) {
	plain, err := s.codec.OpenBytes(boundTo, key[:], stored)
	if err != nil {
		return nil, fmt.Errorf("inbox: unseal event %s, which stays: %w", key, err)
	}
	return plain, nil
}

// Reasons that the inbox itself gives to an event that it cannot unseal.
const (
	ReasonUnknownKey = "payload_key_unknown" // PAYLOAD_KEYS lacks its key
	ReasonDamaged    = "payload_damaged"     // changed, or another key of the same name
)

func sealReason(err error) string {
	if errors.Is(err, codec.ErrUnknownKey) {
		return ReasonUnknownKey
	}
	return ReasonDamaged
}
