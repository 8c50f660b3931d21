// Package verify decides whether a webhook comes from who it says it does.
//
// Called by the webhook proxy, before anything else looks at a request. It owns
// the signature schemes of the providers, one file each, and the window in which
// a signed time counts as fresh. Bytes, headers and the present time go in, a
// match or an error comes out; only SNS looks outside, for Amazon's certificate
// (see Certificates). It promises that a provider without a secret accepts
// nothing, that every secret is tried with the same work whichever matches, and
// that no error or result holds a secret, a header or a part of a body.
package verify

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why a webhook is refused.
var (
	// ErrNoSecret: nothing is configured to verify with. It is the receiver's
	// fault, so the sender must be asked to come back.
	ErrNoSecret = errors.New("no secret is configured for this provider")
	// ErrUnavailable: what is needed to verify could not be had just now. It is
	// an ErrNoSecret too: who knows that one alone asks the sender to come back.
	ErrUnavailable error = unavailable{}
	// ErrHeader: a signature header is missing, repeated or not well formed.
	ErrHeader = errors.New("a signature header is missing, repeated or malformed")
	// ErrSignature: no configured secret made this signature of these bytes.
	ErrSignature = errors.New("the signature does not match")
	// ErrStale: correctly signed, but at a time outside the window.
	ErrStale = errors.New("the signed time is outside the window")
)

type unavailable struct{}

func (unavailable) Error() string        { return "the certificate to verify with could not be had" }
func (unavailable) Is(target error) bool { return target == ErrNoSecret }

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
	// Key is the index of the secret that matched, within its own verifier.
	Key int
	// KeyID names that secret wherever it stands (see KeyID), so that an old one
	// can be retired on evidence.
	KeyID string
	// SignedAt is the signed time; zero where the scheme signs none.
	SignedAt time.Time
	// SignedHeaders are the names, in lower case, of the headers that the
	// signature covers by name. What other headers say is anybody's word.
	SignedHeaders []string
}

// Signed says whether the signature covers the header of this name.
func (m Match) Signed(header string) bool {
	return slices.Contains(m.SignedHeaders, strings.ToLower(header))
}

// Verifier is one provider's scheme with its secrets. A scheme by itself
// returns the match with ErrStale as well: it tells the signed time.
type Verifier interface {
	Verify(message Message, now time.Time) (Match, error)
}

// Window is how far a signed time may be from now, inclusive on both sides.
type Window struct {
	Past   time.Duration
	Future time.Duration
}

// fiveMinutes is what most providers name. Their own libraries accept any
// future; here only a minute, which is how far two clocks may differ.
var fiveMinutes = Window{Past: 5 * time.Minute, Future: time.Minute}

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

// maxDigits bounds a timestamp: microseconds would fit.
const maxDigits = 16

// bySize is the unit of times whose unit nobody documents.
const bySize time.Duration = 0

// firstMillisecond tells units apart: as seconds it is the year 5138, as
// milliseconds 1973.
const firstMillisecond = 100_000_000_000

// parseTimestamp reads a signed time in seconds, milliseconds or either (bySize).
// Only digits are accepted: the text of the header is signed, and "+1", " 1" or
// "0x1" would be other bytes with the same number. ParseUint takes no sign.
func parseTimestamp(text string, unit time.Duration) (time.Time, error) {
	unsigned, err := strconv.ParseUint(text, 10, 63)
	if err != nil || len(text) > maxDigits {
		return time.Time{}, ErrHeader
	}
	number := int64(unsigned) // of 63 bits
	if unit == time.Millisecond || unit == bySize && number >= firstMillisecond {
		return time.UnixMilli(number).UTC(), nil
	}
	return time.Unix(number, 0).UTC(), nil
}
