package codec

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// The form of a sealed payload. Metadata, in clear:
//
//	encoding  binary/encrypted
//	cipher    A256GCM
//	key-id    the key's ID
//	guest     the guest reference; only with a guest's own key
//
// Data: one byte for the form's version, then nonce, ciphertext and tag. The
// plaintext is one byte for the packing, then the original payload as protobuf,
// metadata included. Names are short because most payloads are.
const (
	// Encoding marks a sealed payload.
	Encoding = "binary/encrypted"

	metadataCipher = "cipher"
	metadataKeyID  = "key-id"
	metadataGuest  = "guest"

	cipherName  = "A256GCM"
	formVersion = 1

	packedPlain = 0
	packedZstd  = 1
)

// maxUnpacked bounds what a sealed payload may grow to: far above Temporal's
// limit of 2 MiB for one payload.
const maxUnpacked = 64 << 20

// associated is what is authenticated beside the content: domain, version,
// cipher, key and guest, each with its length, so that no two differ only in
// where one part ends.
func associated(version byte, keyID, guest string) []byte {
	data := []byte("guestjourney payload")
	data = append(data, version)
	for _, part := range []string{cipherName, keyID, guest} {
		data = binary.AppendUvarint(data, uint64(len(part)))
		data = append(data, part...)
	}
	return data
}

// Both are safe for concurrent use through EncodeAll and DecodeAll.
var (
	packer   = must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithWindowSize(256<<10)))
	unpacker = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxUnpacked)))
)

func must[T any](value T, err error) T {
	if err != nil {
		panic("zstd with fixed options: " + err.Error())
	}
	return value
}

// pack compresses where that makes it smaller. GCM authenticates the content,
// so the compression carries no checksum of its own.
func pack(plain []byte) []byte {
	packed := packer.EncodeAll(plain, append(make([]byte, 0, len(plain)+1), packedZstd))
	if len(packed) <= len(plain) {
		return packed
	}
	return append([]byte{packedPlain}, plain...)
}

func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, errors.New("empty content")
	}
	switch packed[0] {
	case packedPlain:
		return packed[1:], nil
	case packedZstd:
		return unpacker.DecodeAll(packed[1:], nil)
	}
	return nil, fmt.Errorf("unknown packing %d", packed[0])
}
