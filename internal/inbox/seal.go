package inbox

import (
	"bytes"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"guestjourney/internal/codec"
)

// boundTo is sealed with the content: a payload that was moved to another row
// is not taken for that row's.
const boundTo = "inbox-event"

// seal makes of a payload what is stored: the codec's sealed form, as protobuf.
func (s *store) seal(key Key, plain []byte) ([]byte, error) {
	payload := &commonpb.Payload{
		Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(converter.MetadataEncodingBinary),
			boundTo:                    key[:],
		},
		Data: plain,
	}
	sealed, err := s.codec.Encode([]*commonpb.Payload{payload})
	if err != nil {
		return nil, fmt.Errorf("inbox: seal event %s: %w", key, err)
	}
	return proto.Marshal(sealed[0])
}

// unseal reads what seal wrote. The row is as it was, whatever comes out.
func (s *store) unseal(key Key, stored []byte) ([]byte, error) {
	sealed := &commonpb.Payload{}
	if err := proto.Unmarshal(stored, sealed); err != nil {
		return nil, fmt.Errorf("inbox: event %s: %w: its payload is no sealed payload", key, codec.ErrAuthentication)
	}
	plain, err := s.codec.Decode([]*commonpb.Payload{sealed})
	if err != nil {
		return nil, fmt.Errorf("inbox: unseal event %s, which stays: %w", key, err)
	}
	// Decode lets pass what was never sealed; only the mark tells.
	if string(plain[0].Metadata[codec.SealedMark]) != "1" || !bytes.Equal(plain[0].Metadata[boundTo], key[:]) {
		return nil, fmt.Errorf("inbox: event %s: %w: its payload is not the one that was stored with it", key, codec.ErrAuthentication)
	}
	return plain[0].Data, nil
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
