package codec

import (
	"errors"
	"fmt"
	"maps"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"guestjourney/internal/sealed"
)

// SealedMark is the metadata key that Decode sets to "1" on what it unsealed.
const SealedMark = sealed.Mark

// ErrAuthentication is wrapped by the error of a payload that was changed,
// cut short, or sealed with other key material under the same ID.
var ErrAuthentication = errors.New("authentication failed")

// Codec seals and unseals payloads. It is safe for concurrent use.
type Codec struct {
	ring  *Ring
	panic bool
}

var _ converter.PayloadCodec = (*Codec)(nil)

// Option changes how a Codec fails.
type Option func(*Codec)

// PanicOnFailure makes a payload that cannot be unsealed panic instead of
// returning an error. For the worker only; see the package comment.
func PanicOnFailure() Option { return func(c *Codec) { c.panic = true } }

// New returns a codec over a ring that has at least one key.
func New(ring *Ring, options ...Option) (*Codec, error) {
	if ring.Empty() {
		return nil, errors.New("the key ring is empty: set PAYLOAD_KEYS")
	}
	c := &Codec{ring: ring}
	for _, option := range options {
		option(c)
	}
	return c, nil
}

// Encode seals payloads. One that is sealed already is kept as it is, after a
// look whether this ring can unseal it: the Temporal UI may send either, and
// what nobody could read must not be stored.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return c.each(payloads, c.encode)
}

// Decode unseals payloads and marks them. Others pass unchanged but for the
// mark, which is theirs only by forgery.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return c.each(payloads, c.decode)
}

func (c *Codec) each(payloads []*commonpb.Payload, one func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	results := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		result, err := one(payload)
		if err != nil {
			return nil, c.fail(err)
		}
		results[i] = result
	}
	return results, nil
}

func (c *Codec) fail(err error) error {
	err = fmt.Errorf("codec: %w", err)
	if c.panic {
		panic(err)
	}
	return err
}

func (c *Codec) encode(payload *commonpb.Payload) (*commonpb.Payload, error) {
	if isSealed(payload) {
		if _, err := c.unseal(payload); err != nil {
			return nil, fmt.Errorf("already encrypted, but: %w", err)
		}
		return payload, nil
	}
	return c.seal(withoutMark(payload))
}

func (c *Codec) decode(payload *commonpb.Payload) (*commonpb.Payload, error) {
	if !isSealed(payload) {
		return withoutMark(payload), nil
	}
	plain, err := c.unseal(payload)
	if err != nil {
		return nil, err
	}
	if plain.Metadata == nil {
		plain.Metadata = map[string][]byte{}
	}
	plain.Metadata[SealedMark] = []byte("1")
	return plain, nil
}

func isSealed(payload *commonpb.Payload) bool {
	return string(payload.GetMetadata()[converter.MetadataEncoding]) == Encoding
}

// withoutMark returns the payload, or a copy without the mark: the codec must
// not change what it was given.
func withoutMark(payload *commonpb.Payload) *commonpb.Payload {
	if _, marked := payload.GetMetadata()[SealedMark]; !marked {
		return payload
	}
	metadata := maps.Clone(payload.GetMetadata())
	delete(metadata, SealedMark)
	return &commonpb.Payload{Metadata: metadata, Data: payload.GetData(), ExternalPayloads: payload.GetExternalPayloads()}
}

func (c *Codec) seal(payload *commonpb.Payload) (*commonpb.Payload, error) {
	plain, err := proto.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("payload cannot be written as protobuf: %w", err)
	}
	id := c.ring.sealing()
	key, err := c.ring.key(id, "")
	if err != nil {
		return nil, err
	}
	packed := pack(plain)
	data := make([]byte, 1, 1+len(packed)+key.Overhead())
	data[0] = formVersion
	return &commonpb.Payload{
		Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(Encoding),
			metadataCipher:             []byte(cipherName),
			metadataKeyID:              []byte(id),
		},
		Data: key.Seal(data, nil, packed, associated(formVersion, id, "")),
	}, nil
}

func (c *Codec) unseal(payload *commonpb.Payload) (*commonpb.Payload, error) {
	if name := string(payload.Metadata[metadataCipher]); name != cipherName {
		return nil, fmt.Errorf("unknown cipher %.32q", name)
	}
	if len(payload.Data) == 0 || payload.Data[0] != formVersion {
		return nil, errors.New("unknown form of a sealed payload")
	}
	id, guest := string(payload.Metadata[metadataKeyID]), string(payload.Metadata[metadataGuest])
	key, err := c.ring.key(id, guest)
	if err != nil {
		return nil, err
	}
	packed, err := key.Open(nil, nil, payload.Data[1:], associated(formVersion, id, guest))
	if err != nil {
		return nil, fmt.Errorf("%w with key %.32q: the payload was changed, or the key is another one of the same name", ErrAuthentication, id)
	}
	plain, err := unpack(packed)
	if err != nil {
		return nil, fmt.Errorf("content cannot be unpacked: %w", err)
	}
	content := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, content); err != nil {
		return nil, fmt.Errorf("content is no payload: %w", err)
	}
	return content, nil
}
