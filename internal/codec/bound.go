package codec

import (
	"bytes"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// SealBytes seals what a program keeps by itself, outside of Temporal. The label
// says what kind of thing it is, and the place where it is kept: OpenBytes takes it
// nowhere else.
func (c *Codec) SealBytes(label string, place, plain []byte) ([]byte, error) {
	payload := &commonpb.Payload{
		Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(converter.MetadataEncodingBinary),
			label:                      place,
		},
		Data: plain,
	}
	sealed, err := c.Encode([]*commonpb.Payload{payload})
	if err != nil {
		return nil, err
	}
	return proto.Marshal(sealed[0])
}

// OpenBytes reads what SealBytes wrote for the same label and place. It wraps
// ErrAuthentication if that is anything else, and ErrUnknownKey if the ring lacks
// its key.
func (c *Codec) OpenBytes(label string, place, stored []byte) ([]byte, error) {
	sealed := &commonpb.Payload{}
	if err := proto.Unmarshal(stored, sealed); err != nil {
		return nil, fmt.Errorf("%w: it is no sealed payload", ErrAuthentication)
	}
	plain, err := c.Decode([]*commonpb.Payload{sealed})
	if err != nil {
		return nil, err
	}
	// Decode lets pass what was never sealed; only the mark tells.
	if string(plain[0].Metadata[SealedMark]) != "1" || !bytes.Equal(plain[0].Metadata[label], place) {
		return nil, fmt.Errorf("%w: it was not stored here", ErrAuthentication)
	}
	return plain[0].Data, nil
}
