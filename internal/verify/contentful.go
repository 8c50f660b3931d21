package verify

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Contentful's headers.
const (
	ContentfulHeader              = "X-Contentful-Signature"
	ContentfulSignedHeadersHeader = "X-Contentful-Signed-Headers"
	ContentfulTimestampHeader     = "X-Contentful-Timestamp"
)

// The two headers that every list of signed ones must name, as it spells them.
var (
	contentfulListName      = strings.ToLower(ContentfulSignedHeadersHeader)
	contentfulTimestampName = strings.ToLower(ContentfulTimestampHeader)
)

// contentfulSecret is the length of a signing secret, in characters.
const contentfulSecret = 64

// NewContentful makes the verifier of the given signing secrets: HMAC-SHA256 in
// hex of a canonical request of method, path, the headers that it names, and
// body. Without any it refuses everything. The window is Contentful's 30
// seconds: keep the clock right.
//
// Only the headers of Match.SignedHeaders are Contentful's word.
func NewContentful(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{
		header: ContentfulHeader, read: readContentful,
		beside: []string{ContentfulTimestampHeader, ContentfulSignedHeadersHeader}, covers: []string{PartMethod, PartPath, PartHeaders},
		window: Window{Past: 30 * time.Second, Future: time.Minute},
	}, secrets, func(secret string) ([]byte, error) {
		if len(secret) != contentfulSecret {
			return nil, errors.New("want the signing secret as Contentful shows it: 64 characters")
		}
		return []byte(secret), nil
	})
}

func readContentful(message Message, header string) (claim, error) {
	signature, err := single(message.Header, header)
	if err != nil {
		return claim{}, err
	}
	timestamp, err := single(message.Header, ContentfulTimestampHeader)
	if err != nil {
		return claim{}, err
	}
	signedAt, err := parseTimestamp(timestamp, time.Millisecond)
	if err != nil {
		return claim{}, err
	}
	names, lines, err := contentfulHeaders(message)
	if err != nil {
		return claim{}, err
	}
	path, err := contentfulPath(message.URL)
	if err != nil {
		return claim{}, err
	}
	return claim{
		signatures: []string{signature}, signedAt: signedAt, signedHeaders: names,
		before: strings.Join([]string{message.Method, path, lines, ""}, "\n"),
	}, nil
}

// maxSignedHeaders bounds the work of one request.
const maxSignedHeaders = 64

// contentfulHeaders returns the names of the signed headers and "name:value"
// of each. The list must be in order, without repetition, name itself and the
// time, and every header must be there once: one list, one signature.
func contentfulHeaders(message Message) (names []string, lines string, err error) {
	list, err := single(message.Header, ContentfulSignedHeadersHeader)
	if err != nil {
		return nil, "", err
	}
	names = strings.Split(list, ",")
	ordered := len(names) <= maxSignedHeaders && slices.IsSorted(names) && len(slices.Compact(slices.Clone(names))) == len(names)
	if !ordered || !slices.Contains(names, contentfulListName) || !slices.Contains(names, contentfulTimestampName) {
		return nil, "", ErrHeader
	}
	pairs := make([]string, len(names))
	for i, name := range names {
		values := message.Header.Values(name)
		if strings.ToLower(name) != name || len(values) != 1 || len(values[0]) > maxHeader {
			return nil, "", ErrHeader
		}
		pairs[i] = name + ":" + strings.TrimSpace(values[0])
	}
	return names, strings.Join(pairs, ";"), nil
}

// contentfulPath is path and query as Contentful signs them: the query escaped
// as a whole, then everything that is no part of a URI escaped again, the
// percent signs of the first time included. Contentful's toolkit drops what
// follows a second question mark, so that nobody signs it; here it counts.
func contentfulPath(address string) (string, error) {
	_, rest, _ := strings.Cut(address, "://")
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return "", ErrSignature
	}
	path, query, _ := strings.Cut(rest[slash:], "?")
	if query != "" {
		path += "?" + componentEscape(query)
	}
	return uriEscape(path), nil
}

// componentUnescaped: what JavaScript leaves as it is in a part of a query, and
// Go does not; and the space, which Go writes as a plus sign.
var componentUnescaped = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

func componentEscape(text string) string { return componentUnescaped.Replace(url.QueryEscape(text)) }

// uriUnescaped is what JavaScript's encodeURI leaves as it is, besides letters
// and digits.
const uriUnescaped = ";,/?:@&=+$-_.!~*'()#"

func uriEscape(text string) string {
	const digits = "0123456789ABCDEF"
	var escaped strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(uriUnescaped, c) >= 0 {
			escaped.WriteByte(c)
			continue
		}
		escaped.WriteString("%" + string(digits[c>>4]) + string(digits[c&15]))
	}
	return escaped.String()
}
