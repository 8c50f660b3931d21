package codec_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"guestjourney/internal/codec"
)

// secret is a key made of one repeated byte, as PAYLOAD_KEYS writes it.
func secret(b byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, codec.KeySize))
}

func ring(t testing.TB, text string) *codec.Ring {
	t.Helper()
	ring, err := codec.ParseRing(text)
	require.NoError(t, err)
	return ring
}

func newCodec(t testing.TB, keys string, options ...codec.Option) *codec.Codec {
	t.Helper()
	c, err := codec.New(ring(t, keys), options...)
	require.NoError(t, err)
	return c
}

func payload(text string) *commonpb.Payload {
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)},
		Data:     []byte(text),
	}
}

func seal(t testing.TB, c *codec.Codec, p *commonpb.Payload) *commonpb.Payload {
	t.Helper()
	sealed, err := c.Encode([]*commonpb.Payload{p})
	require.NoError(t, err)
	require.Len(t, sealed, 1)
	return sealed[0]
}

func unseal(c *codec.Codec, p *commonpb.Payload) (*commonpb.Payload, error) {
	plain, err := c.Decode([]*commonpb.Payload{p})
	if err != nil {
		return nil, err
	}
	return plain[0], nil
}

func TestRoundTripKeepsContentAndMarksIt(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	original := payload(`{"phone":"+15550100"}`)
	before := proto.Clone(original)

	sealed := seal(t, c, original)
	require.True(t, proto.Equal(before, original), "Encode changed its argument")
	require.Equal(t, "binary/encrypted", string(sealed.Metadata["encoding"]))
	require.Equal(t, "k1", string(sealed.Metadata["key-id"]))
	require.Equal(t, "A256GCM", string(sealed.Metadata["cipher"]))

	kept := proto.Clone(sealed)
	plain, err := unseal(c, sealed)
	require.NoError(t, err)
	require.True(t, proto.Equal(kept, sealed), "Decode changed its argument")
	require.Equal(t, original.Data, plain.Data)
	require.Equal(t, "json/plain", string(plain.Metadata["encoding"]))
	require.Equal(t, "1", string(plain.Metadata[codec.SealedMark]))
}

func TestForgedMarkIsRemoved(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	forged := payload(`{}`)
	forged.Metadata[codec.SealedMark] = []byte("1")
	before := proto.Clone(forged)

	plain, err := unseal(c, forged)
	require.NoError(t, err)
	require.NotContains(t, plain.Metadata, codec.SealedMark)
	require.Equal(t, "json/plain", string(plain.Metadata["encoding"]))
	require.True(t, proto.Equal(before, forged), "Decode changed its argument")
}

func TestPlaintextPassesUnmarked(t *testing.T) {
	plain, err := unseal(newCodec(t, "k1:"+secret(1)), payload(`{"a":1}`))
	require.NoError(t, err)
	require.Equal(t, `{"a":1}`, string(plain.Data))
	require.NotContains(t, plain.Metadata, codec.SealedMark)
}

func TestSealedIsNotSealedTwice(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	once := seal(t, c, payload(`{"a":1}`))
	twice := seal(t, c, once)
	require.True(t, proto.Equal(once, twice))
}

func TestEncodeRefusesWhatNobodyCouldRead(t *testing.T) {
	foreign := seal(t, newCodec(t, "other:"+secret(9)), payload(`{"a":1}`))
	_, err := newCodec(t, "k1:"+secret(1)).Encode([]*commonpb.Payload{foreign})
	require.ErrorIs(t, err, codec.ErrUnknownKey)
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	sealed := seal(t, c, payload(`{"a":1}`))
	for i := range sealed.Data {
		changed := proto.Clone(sealed).(*commonpb.Payload)
		changed.Data[i] ^= 1
		_, err := unseal(c, changed)
		require.Error(t, err, "byte %d", i)
		if i > 0 {
			require.ErrorIs(t, err, codec.ErrAuthentication, "byte %d", i)
		}
	}
	for length := range sealed.Data {
		short := proto.Clone(sealed).(*commonpb.Payload)
		short.Data = short.Data[:length]
		_, err := unseal(c, short)
		require.Error(t, err, "length %d", length)
	}
}

func TestMetadataIsAuthenticated(t *testing.T) {
	// Two IDs for the same key material: only the associated data tells them apart.
	c := newCodec(t, "k1:"+secret(1)+",k2:"+secret(1))
	sealed := seal(t, c, payload(`{"a":1}`))

	renamed := proto.Clone(sealed).(*commonpb.Payload)
	renamed.Metadata["key-id"] = []byte("k2")
	_, err := unseal(c, renamed)
	require.ErrorIs(t, err, codec.ErrAuthentication)

	otherCipher := proto.Clone(sealed).(*commonpb.Payload)
	otherCipher.Metadata["cipher"] = []byte("none")
	_, err = unseal(c, otherCipher)
	require.ErrorContains(t, err, `unknown cipher "none"`)

	ofGuest := proto.Clone(sealed).(*commonpb.Payload)
	ofGuest.Metadata["guest"] = []byte("g1")
	_, err = unseal(c, ofGuest)
	require.ErrorIs(t, err, codec.ErrUnknownKey)
}

func TestUnknownKey(t *testing.T) {
	sealed := seal(t, newCodec(t, "k2:"+secret(2)), payload(`{"a":1}`))

	_, err := unseal(newCodec(t, "k1:"+secret(1)), sealed)
	require.ErrorIs(t, err, codec.ErrUnknownKey)
	require.ErrorContains(t, err, `"k2"`)
	require.ErrorContains(t, err, "PAYLOAD_KEYS")

	_, err = unseal(newCodec(t, "k2:"+secret(3)), sealed)
	require.ErrorIs(t, err, codec.ErrAuthentication, "other material under the same name")
}

func TestPanicOnFailure(t *testing.T) {
	sealed := seal(t, newCodec(t, "k2:"+secret(2)), payload(`{"name":"Ana"}`))
	worker := newCodec(t, "k1:"+secret(1), codec.PanicOnFailure())
	defer func() {
		err, ok := recover().(error)
		require.True(t, ok, "the panic carries an error")
		require.ErrorIs(t, err, codec.ErrUnknownKey)
		require.NotContains(t, err.Error(), "Ana")
	}()
	_, _ = worker.Decode([]*commonpb.Payload{sealed})
	t.Fatal("no panic")
}

func TestRotation(t *testing.T) {
	old := newCodec(t, "k1:"+secret(1))
	first := newCodec(t, "k1:"+secret(1)+",k2:"+secret(2))  // first rollout: added last
	second := newCodec(t, "k2:"+secret(2)+",k1:"+secret(1)) // second rollout: put first
	last := newCodec(t, "k2:"+secret(2))                    // when nothing of k1 is left

	readable := func(from, to *codec.Codec) error {
		_, err := unseal(to, seal(t, from, payload(`{}`)))
		return err
	}
	for _, pair := range [][2]*codec.Codec{{old, first}, {first, old}, {first, second}, {second, first}, {second, last}, {last, second}} {
		require.NoError(t, readable(pair[0], pair[1]))
	}
	require.ErrorIs(t, readable(second, old), codec.ErrUnknownKey, "the wrong order")
}

func TestNoncesAreUnique(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	const workers, each = 4, 2500
	var mutex sync.Mutex
	seen := map[string]bool{}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range each {
				sealed, err := c.Encode([]*commonpb.Payload{payload(`{}`)})
				if err != nil {
					t.Error(err)
					return
				}
				mutex.Lock()
				seen[string(sealed[0].Data[1:13])] = true
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	require.Len(t, seen, workers*each)
}

func TestCanaryIsNotVisible(t *testing.T) {
	const canary = "Canary-Guest-7731@example.org"
	original := payload(fmt.Sprintf(`{"email":%q}`, canary))
	original.Metadata["note"] = []byte(canary)

	plain, err := proto.Marshal(original)
	require.NoError(t, err)
	require.Contains(t, string(plain), canary, "the search finds it in clear")
	sealed, err := proto.Marshal(seal(t, newCodec(t, "k1:"+secret(1)), original))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), canary)
}

func TestCompressibleContentGetsSmaller(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	large := payload("[" + strings.TrimSuffix(strings.Repeat(`{"kind":"stage","text":"offer","at":"2027-03-02T09:00:00Z"},`, 100), ",") + "]")
	sealed := seal(t, c, large)
	require.Less(t, proto.Size(sealed), proto.Size(large)/5)

	// What does not shrink costs a fixed overhead, never a compression header.
	small := payload(`{}`)
	require.LessOrEqual(t, proto.Size(seal(t, c, small)), proto.Size(small)+100)
}

func TestAnyPayloadSurvives(t *testing.T) {
	c := newCodec(t, "k2:"+secret(2)+",k1:"+secret(1))
	rapid.Check(t, func(t *rapid.T) {
		original := &commonpb.Payload{Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data"), Metadata: map[string][]byte{}}
		for key, value := range rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Byte())).Draw(t, "metadata") {
			original.Metadata[strings.ToValidUTF8(key, "")] = value
		}
		delete(original.Metadata, codec.SealedMark)
		if string(original.Metadata["encoding"]) == codec.Encoding {
			delete(original.Metadata, "encoding")
		}
		sealed, err := c.Encode([]*commonpb.Payload{original})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := c.Decode(sealed)
		if err != nil {
			t.Fatal(err)
		}
		if string(plain[0].Metadata[codec.SealedMark]) != "1" {
			t.Fatal("not marked")
		}
		delete(plain[0].Metadata, codec.SealedMark)
		if !proto.Equal(original, plain[0]) {
			t.Fatalf("got %v, want %v", plain[0], original)
		}
	})
}

// recorded is {"a":1}, sealed by the first version of this package with k1 =
// secret(1). Histories live for years: it must stay readable.
const recorded = "ASH5sqrsjW85hpUtLSNypZ6OWJ/nMAAjwZXKdYU6DB0Cmzm2ZthrdajF0KuRHX/HsT0DqdMrc6/JSJsSgzx5"

func recordedData(t testing.TB) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(recorded)
	require.NoError(t, err)
	return data
}

func TestRecordedPayloadStaysReadable(t *testing.T) {
	plain, err := unseal(newCodec(t, "k1:"+secret(1)), &commonpb.Payload{Data: recordedData(t), Metadata: map[string][]byte{
		"encoding": []byte("binary/encrypted"), "cipher": []byte("A256GCM"), "key-id": []byte("k1"),
	}})
	require.NoError(t, err)
	require.Equal(t, `{"a":1}`, string(plain.Data))
	require.Equal(t, "json/plain", string(plain.Metadata["encoding"]))
}

func FuzzDecode(f *testing.F) {
	c := newCodec(f, "k1:"+secret(1))
	// Recorded, not made here: the fuzzer's processes must agree on it.
	genuine := recordedData(f)
	f.Add([]byte("binary/encrypted"), []byte("A256GCM"), []byte("k1"), []byte(nil), genuine)
	f.Add([]byte("binary/encrypted"), []byte("A256GCM"), []byte("k1"), []byte("g"), []byte{1})
	f.Add([]byte("json/plain"), []byte(nil), []byte(nil), []byte(nil), []byte("{}"))
	f.Fuzz(func(t *testing.T, encoding, cipher, id, guest, data []byte) {
		got, err := c.Decode([]*commonpb.Payload{{Metadata: map[string][]byte{
			"encoding": encoding, "cipher": cipher, "key-id": id, "guest": guest, codec.SealedMark: []byte("1"),
		}, Data: data}})
		if err != nil {
			return
		}
		_, marked := got[0].Metadata[codec.SealedMark]
		if marked != (string(encoding) == codec.Encoding) {
			t.Fatalf("marked: %v with encoding %q", marked, encoding)
		}
		if marked && !bytes.Equal(data, genuine) {
			t.Fatal("forged content was unsealed")
		}
	})
}

func TestParseRing(t *testing.T) {
	got := ring(t, "k2:"+secret(2)+", k1:"+secret(1))
	require.Equal(t, `2 keys, sealing with "k2"`, got.String())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", got, got, got), secret(1))

	short := base64.StdEncoding.EncodeToString([]byte("too short"))
	for name, text := range map[string]string{
		"empty":         "",
		"no ID":         secret(1),
		"empty ID":      ":" + secret(1),
		"bad ID":        "a b:" + secret(1),
		"long ID":       strings.Repeat("a", 33) + ":" + secret(1),
		"not base64":    "k1:!!!",
		"short":         "k1:" + short,
		"twice":         "k1:" + secret(1) + ",k1:" + secret(2),
		"trailing part": "k1:" + secret(1) + ",",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := codec.ParseRing(text)
			require.Error(t, err)
			require.NotContains(t, err.Error(), secret(1), "key material in an error")
			require.NotContains(t, err.Error(), short, "key material in an error")
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestEmptyRingIsRefused(t *testing.T) {
	_, err := codec.New(nil)
	require.ErrorContains(t, err, "PAYLOAD_KEYS")
	_, err = codec.New(&codec.Ring{})
	require.ErrorContains(t, err, "PAYLOAD_KEYS")
}

func BenchmarkRoundTrip(b *testing.B) {
	c := newCodec(b, "k1:"+secret(1))
	one := []*commonpb.Payload{payload(`{"lead":{"email":"guest@example.org","phone":"+15550100"},"program":"retreat-7d"}`)}
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := c.Encode(one)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Decode(sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBytesAreBoundToTheirPlace: what a program keeps by itself opens where it was
// kept, under a key of the ring, and nowhere else.
func TestBytesAreBoundToTheirPlace(t *testing.T) {
	c := newCodec(t, "k1:"+secret(1))
	sealed, err := c.SealBytes("kind", []byte("here"), []byte("secret word"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "secret word")
	require.NotContains(t, string(sealed), "here")
	plain, err := c.OpenBytes("kind", []byte("here"), sealed)
	require.NoError(t, err)
	require.Equal(t, "secret word", string(plain))

	_, err = c.OpenBytes("kind", []byte("there"), sealed)
	require.ErrorIs(t, err, codec.ErrAuthentication)
	_, err = c.OpenBytes("another", []byte("here"), sealed)
	require.ErrorIs(t, err, codec.ErrAuthentication)
	_, err = c.OpenBytes("kind", []byte("here"), []byte("\xffnothing"))
	require.ErrorIs(t, err, codec.ErrAuthentication)
	_, err = newCodec(t, "k2:"+secret(2)).OpenBytes("kind", []byte("here"), sealed)
	require.ErrorIs(t, err, codec.ErrUnknownKey)

	clear, err := proto.Marshal(&commonpb.Payload{Metadata: map[string][]byte{"kind": []byte("here")}, Data: []byte("forged")})
	require.NoError(t, err)
	_, err = c.OpenBytes("kind", []byte("here"), clear)
	require.ErrorIs(t, err, codec.ErrAuthentication, "what was never sealed")
}
