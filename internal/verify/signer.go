package verify

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
)

// encoding is how a scheme writes a signature. Signatures are compared as text,
// so that only one spelling of each passes.
type encoding int

const (
	lowerHex encoding = iota
	upperHex
	base64Standard
	base64URL // without padding
)

func (e encoding) append(text, mac []byte) []byte {
	switch e {
	case upperHex:
		start := len(text)
		text = hex.AppendEncode(text, mac)
		for i, digit := range text[start:] {
			if digit >= 'a' {
				text[start+i] = digit - 'a' + 'A'
			}
		}
		return text
	case base64Standard:
		return base64.StdEncoding.AppendEncode(text, mac)
	case base64URL:
		return base64.RawURLEncoding.AppendEncode(text, mac)
	default:
		return hex.AppendEncode(text, mac)
	}
}

// signer makes HMACs with one key. It is reused, buffers and all: a request
// allocates nothing here.
type signer struct {
	mac       hash.Hash
	sum, text []byte
}

func newSigner(algorithm func() hash.Hash, secret []byte) *signer {
	return &signer{mac: hmac.New(algorithm, secret)}
}

// sign returns the signature of the parts in a row; it is good until the next.
func (s *signer) sign(e encoding, before string, body []byte, after string) []byte {
	s.mac.Reset()
	s.write(before)
	s.mac.Write(body)
	s.write(after)
	s.sum = s.mac.Sum(s.sum[:0])
	s.text = e.append(s.text[:0], s.sum)
	return s.text
}

// write goes through a buffer: a string handed to the hash would be copied anew.
func (s *signer) write(part string) {
	s.text = append(s.text[:0], part...)
	s.mac.Write(s.text)
}

// made says whether the key made one of the signatures. All are compared.
func (k *key) made(e encoding, signatures []string, before string, body []byte, after string) bool {
	s := k.signers.Get().(*signer)
	defer k.signers.Put(s)
	want := s.sign(e, before, body, after)
	equal := 0
	for _, signature := range signatures {
		equal |= subtle.ConstantTimeCompare(want, []byte(signature))
	}
	return equal == 1
}
