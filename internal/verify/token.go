package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Token verifies senders that sign nothing and send a shared secret in a
// header. It proves who sends, not what: neither body nor time are covered.
type Token struct {
	header string
	keys   keyring
}

// NewToken makes the verifier of a header whose whole value must be one of the
// tokens ("Bearer ..." included, where the header is Authorization). Without any
// it refuses everything.
//
// 360dialog's direct clients, Vapi's legacy secret, FHIR subscriptions, Google
// Calendar's channel token, Garmin and Jane are of this kind.
func NewToken(header string, tokens ...string) (*Token, error) {
	keys, err := newKeyring(tokens, func(token string) ([]byte, error) {
		if len(token) > maxHeader || strings.TrimSpace(token) != token {
			return nil, errors.New("a token must fit in a header: no spaces around it, at most 4096 bytes")
		}
		return digestOf(token), nil
	})
	if err != nil {
		return nil, err
	}
	return &Token{header: header, keys: keys}, nil
}

// NewBasic makes the verifier of HTTP basic authentication with one of the
// credentials, "user:password", where the password may have colons (Mixpanel).
// Without any it refuses everything.
func NewBasic(credentials ...string) (*Token, error) {
	keys, err := newKeyring(credentials, func(credential string) ([]byte, error) {
		if !strings.Contains(credential, ":") {
			return nil, errors.New("want user:password")
		}
		return digestOf("Basic " + base64.StdEncoding.EncodeToString([]byte(credential))), nil
	})
	if err != nil {
		return nil, err
	}
	return &Token{header: "Authorization", keys: keys}, nil
}

// digestOf makes texts of any length equally long, so that comparing them tells
// nothing of the length of the right one.
func digestOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// Verify implements Verifier.
func (t *Token) Verify(message Message, _ time.Time) (Match, error) {
	if len(t.keys) == 0 {
		return Match{}, ErrNoSecret
	}
	given, err := single(message.Header, t.header)
	if err != nil {
		return Match{}, err
	}
	digest := digestOf(given)
	return t.keys.match(func(key *key) bool { return subtle.ConstantTimeCompare(key.secret, digest) == 1 })
}

func (t *Token) claims(header http.Header) bool { return has(header, t.header) }
