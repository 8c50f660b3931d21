// Package verify decides whether a webhook comes from who it says it does.
//
// Called by the webhook proxy, before anything else looks at a request. It owns
// the signature schemes of the providers and the window in which a signed time
// counts as fresh. It is pure: bytes, headers and the present time in, a match
// or an error out. It promises that a provider without a secret accepts
// nothing, that every secret is tried with the same work whichever matches, and
// that no error or result holds a secret, a header or a part of a body.
package verify

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"hash"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Why a webhook is refused.
var (
	// ErrNoSecret: nothing is configured to verify with. It is the receiver's
	// fault, so the sender must be asked to come back.
	ErrNoSecret = errors.New("no secret is configured for this provider")
	// ErrHeader: a signature header is missing, repeated or not well formed.
	ErrHeader = errors.New("a signature header is missing, repeated or malformed")
	// ErrSignature: no configured secret made this signature of these bytes.
	ErrSignature = errors.New("the signature does not match")
	// ErrStale: correctly signed, but at a time outside the window.
	ErrStale = errors.New("the signed time is outside the window")
)

// Message is a webhook as it arrived. URL is what the sender was told to call,
// with the path and query of the request byte by byte; never made of Host.
type Message struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Match says what verified a message.
type Match struct {
	// Key is the index of the secret that matched, so that an old one can be
	// retired on evidence.
	Key int
	// SignedAt is the signed time; zero where the scheme signs none.
	SignedAt time.Time
}

// Verifier is one provider's scheme with its secrets.
type Verifier interface {
	Verify(message Message, now time.Time) (Match, error)
}

// Window is how far a signed time may be from now, inclusive on both sides.
type Window struct {
	Past   time.Duration
	Future time.Duration
}

func (w Window) check(signed, now time.Time) error {
	age := now.Sub(signed)
	if age > w.Past || age < -w.Future {
		return ErrStale
	}
	return nil
}

// maxHeader bounds a header that is parsed before anything is known of its sender.
const maxHeader = 4096

// single returns a header's only value. A repeated header is refused: two
// readers may each take another one.
func single(header http.Header, name string) (string, error) {
	values := header.Values(name)
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxHeader {
		return "", ErrHeader
	}
	return values[0], nil
}

// digits are the only timestamps accepted. The text of the header is signed, so
// "+1", " 1" or "0x1" would be other bytes with the same number.
var digits = regexp.MustCompile(`^[0-9]{1,16}$`)

func parseTimestamp(text string, unit time.Duration) (time.Time, error) {
	if !digits.MatchString(text) {
		return time.Time{}, ErrHeader
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, ErrHeader
	}
	if unit == time.Millisecond {
		return time.UnixMilli(number).UTC(), nil
	}
	return time.Unix(number, 0).UTC(), nil
}

// find returns the index of the first secret with which expected makes one of
// the signatures. All pairs are compared, whichever matches.
func find(secrets [][]byte, signatures []string, expected func(secret []byte) []string) (int, error) {
	found := -1
	for index, secret := range secrets {
		for _, want := range expected(secret) {
			for _, signature := range signatures {
				if hmac.Equal([]byte(want), []byte(signature)) && found < 0 {
					found = index
				}
			}
		}
	}
	if found < 0 {
		return 0, ErrSignature
	}
	return found, nil
}

func authenticate(algorithm func() hash.Hash, secret []byte, parts ...string) []byte {
	mac := hmac.New(algorithm, secret)
	for _, part := range parts {
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

func base64Of(mac []byte) string { return base64.StdEncoding.EncodeToString(mac) }

// texts copies secrets that are used as the text they are.
func texts(secrets []string) ([][]byte, error) {
	keys := make([][]byte, 0, len(secrets))
	for _, secret := range secrets {
		if secret == "" {
			return nil, errEmpty
		}
		keys = append(keys, []byte(secret))
	}
	return keys, nil
}

var errEmpty = errors.New("a secret is empty: remove the extra comma, or set the secret")
