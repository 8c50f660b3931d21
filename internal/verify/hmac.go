package verify

import (
	"crypto/sha256"
	"net/http"
	"time"
)

// HMAC verifies a scheme whose signature is HMAC-SHA256 of the body and what
// stands around it. The providers' constructors say how each of them does it.
type HMAC struct {
	keys   keyring
	scheme scheme
}

// scheme is what tells one provider's HMAC from another's.
type scheme struct {
	// header carries the signature. A message without it is none of this scheme.
	header   string
	encoding encoding
	// beside are the other headers that must be there, and covers what is signed
	// besides body and time: for Traits.
	beside, covers []string
	// window is where a signed time must lie, if one is signed.
	window Window
	// read finds in a message what its sender says to have signed.
	read func(message Message, header string) (claim, error)
}

// claim is what a sender says to have signed: before, the body and after in a
// row. One of the signatures must be its.
type claim struct {
	signatures    []string
	before, after string
	signedAt      time.Time // zero where the scheme signs none
	signedHeaders []string
}

func newHMAC(scheme scheme, secrets []string, decode func(string) ([]byte, error)) (*HMAC, error) {
	keys, err := newSigning(sha256.New, secrets, decode)
	if err != nil {
		return nil, err
	}
	return &HMAC{keys: keys, scheme: scheme}, nil
}

// Verify implements Verifier.
func (h *HMAC) Verify(message Message, now time.Time) (Match, error) {
	if len(h.keys) == 0 {
		return Match{}, ErrNoSecret
	}
	claim, err := h.scheme.read(message, h.scheme.header)
	if err != nil {
		return Match{}, err
	}
	match, err := h.keys.match(func(key *key) bool {
		return key.made(h.scheme.encoding, claim.signatures, claim.before, message.Body, claim.after)
	})
	if err != nil {
		return Match{}, err
	}
	match.SignedHeaders = claim.signedHeaders
	if claim.signedAt.IsZero() {
		return match, nil
	}
	match.SignedAt = claim.signedAt
	return match, h.scheme.window.check(claim.signedAt, now)
}

func (h *HMAC) claims(header http.Header) bool { return has(header, h.scheme.header) }
