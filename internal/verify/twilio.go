package verify

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's scheme; HMAC-SHA1 is not broken by SHA-1's collisions.
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TwilioHeader carries Twilio's signature.
const TwilioHeader = "X-Twilio-Signature"

// Twilio verifies HMAC-SHA1 in base64 over the URL and the sorted form, or over
// the URL alone where it names the hash of a JSON body (bodySHA256). No time
// is signed: what keeps a replay out is the deduplication of events.
type Twilio struct {
	tokens keyring
}

// NewTwilio makes the verifier of the given auth tokens (primary and secondary
// while one rotates). Without any it refuses everything.
//
// Twilio's own Go library is not used: of a repeated field it signs the first
// value only, and it knows but one spelling of the query.
func NewTwilio(tokens ...string) (*Twilio, error) {
	keys, err := newSigning(sha1.New, tokens, asText)
	if err != nil {
		return nil, err
	}
	return &Twilio{tokens: keys}, nil
}

// Verify implements Verifier.
func (t *Twilio) Verify(message Message, _ time.Time) (Match, error) {
	if len(t.tokens) == 0 {
		return Match{}, ErrNoSecret
	}
	signature, err := single(message.Header, TwilioHeader)
	if err != nil {
		return Match{}, err
	}
	parsed, err := url.Parse(message.URL)
	if err != nil {
		return Match{}, ErrSignature
	}
	signedForm, err := twilioForm(parsed.RawQuery, message.Body)
	if err != nil {
		return Match{}, err
	}
	signatures := []string{signature}
	return t.tokens.match(func(token *key) bool {
		// It may stop at a match: the spelling of an address is no secret.
		for address := range twilioAddresses(parsed) {
			if token.made(base64Standard, signatures, address, signedForm, "") {
				return true
			}
		}
		return false
	})
}

func (t *Twilio) claims(header http.Header) bool { return has(header, TwilioHeader) }

// twilioForm is the signed part after the URL: every key with each of its
// distinct values, both sorted. Where the URL names the body's hash (JSON), the
// hash is checked and nothing follows.
func twilioForm(query string, body []byte) ([]byte, error) {
	if values, err := url.ParseQuery(query); err == nil && values.Has("bodySHA256") {
		sum := sha256.Sum256(body)
		if len(values["bodySHA256"]) != 1 || !hmac.Equal([]byte(hex.EncodeToString(sum[:])), []byte(values.Get("bodySHA256"))) {
			return nil, ErrSignature
		}
		return nil, nil
	}
	fields, err := twilioFields(body)
	if err != nil {
		return nil, err
	}
	signed := make([]byte, 0, len(body))
	for _, field := range fields {
		signed = append(append(signed, field.key...), field.value...)
	}
	return signed, nil
}

// maxFormFields bounds the work of one request; Twilio sends some dozens.
const maxFormFields = 1000

type twilioField struct{ key, value []byte }

func (f twilioField) compare(other twilioField) int {
	return cmp.Or(bytes.Compare(f.key, other.key), bytes.Compare(f.value, other.value))
}

// twilioFields reads a form as url.ParseQuery does, sorts it and drops what is
// there twice. What has no escapes, which is most, stays a part of the body:
// copies are what costs the most.
func twilioFields(body []byte) ([]twilioField, error) {
	if bytes.Count(body, []byte("&")) >= maxFormFields || bytes.IndexByte(body, ';') >= 0 {
		return nil, ErrSignature
	}
	var fields []twilioField
	for pair := range bytes.SplitSeq(body, []byte("&")) {
		if len(pair) == 0 {
			continue
		}
		key, value, _ := bytes.Cut(pair, []byte("="))
		key, errKey := unescape(key)
		value, errValue := unescape(value)
		if errKey != nil || errValue != nil {
			return nil, ErrSignature
		}
		fields = append(fields, twilioField{key, value})
	}
	slices.SortFunc(fields, twilioField.compare)
	return slices.CompactFunc(fields, func(a, b twilioField) bool { return a.compare(b) == 0 }), nil
}

func unescape(text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '%') < 0 && bytes.IndexByte(text, '+') < 0 {
		return text, nil
	}
	plain, err := url.QueryUnescape(string(text))
	return []byte(plain), err
}

// twilioAddresses are the ways in which Twilio may have written the URL before
// it signed it: the query as it is or encoded anew, with and without port. The
// likely ones come first, and the others are made only if they are asked for.
func twilioAddresses(address *url.URL) iter.Seq[string] {
	return func(yield func(string) bool) {
		user := ""
		if address.User != nil {
			user = address.User.String() + "@"
		}
		for query := range twilioQueries(address) {
			for _, host := range twilioHosts(address) {
				if !yield(address.Scheme + "://" + user + host + address.EscapedPath() + query) {
					return
				}
			}
		}
	}
}

func twilioHosts(address *url.URL) [2]string {
	if port := address.Port(); port != "" {
		return [2]string{address.Host, strings.TrimSuffix(address.Host, ":"+port)}
	}
	if address.Scheme == "http" {
		return [2]string{address.Host, address.Host + ":80"}
	}
	return [2]string{address.Host, address.Host + ":443"}
}

// twilioQueries: as it came; with the apostrophe escaped, as the WHATWG rules
// write it; and as Node's old querystring module wrote it.
func twilioQueries(address *url.URL) iter.Seq[string] {
	return func(yield func(string) bool) {
		raw := address.RawQuery
		if raw == "" && !address.ForceQuery {
			yield("")
			return
		}
		if !yield("?" + raw) {
			return
		}
		if escaped := strings.ReplaceAll(raw, "'", "%27"); escaped != raw && !yield("?"+escaped) {
			return
		}
		if legacy, ok := twilioLegacyQuery(raw); ok && legacy != raw {
			yield("?" + legacy)
		}
	}
}

// twilioLegacyQuery decodes and encodes a query: keys in the order of their
// first appearance, a space as %20, and !'()*~ as they are.
func twilioLegacyQuery(raw string) (string, bool) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", false
	}
	var pairs []string
	for element := range strings.SplitSeq(raw, "&") {
		escaped, _, _ := strings.Cut(element, "=")
		key, err := url.QueryUnescape(escaped)
		if err != nil {
			return "", false
		}
		for _, value := range values[key] {
			pairs = append(pairs, legacyEscape(key)+"="+legacyEscape(value))
		}
		delete(values, key)
	}
	return strings.Join(pairs, "&"), true
}

var legacyUnescaped = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%7E", "~")

func legacyEscape(text string) string { return legacyUnescaped.Replace(url.QueryEscape(text)) }
