package verify

import (
	"crypto/sha256"
	"strings"
	"time"
)

// HubSpot's headers of signature version 3. Versions 1 and 2 come along on the
// same request and are ignored: they sign no time.
const (
	HubSpotHeader          = "X-HubSpot-Signature-v3"
	HubSpotTimestampHeader = "X-HubSpot-Request-Timestamp"
)

// HubSpot verifies HMAC-SHA256 in base64 over method, URI, body and the time in
// milliseconds.
type HubSpot struct {
	secrets [][]byte
	window  Window
}

// NewHubSpot makes the verifier of the given app client secrets. Without any it
// refuses everything.
func NewHubSpot(secrets ...string) (*HubSpot, error) {
	keys, err := texts(secrets)
	if err != nil {
		return nil, err
	}
	return &HubSpot{secrets: keys, window: Window{Past: 5 * time.Minute, Future: time.Minute}}, nil
}

// Verify implements Verifier.
func (h *HubSpot) Verify(message Message, now time.Time) (Match, error) {
	if len(h.secrets) == 0 {
		return Match{}, ErrNoSecret
	}
	signature, err := single(message.Header, HubSpotHeader)
	if err != nil {
		return Match{}, err
	}
	timestamp, err := single(message.Header, HubSpotTimestampHeader)
	if err != nil {
		return Match{}, err
	}
	signedAt, err := parseTimestamp(timestamp, time.Millisecond)
	if err != nil {
		return Match{}, err
	}
	address := hubSpotEscapes.Replace(message.URL)
	key, err := find(h.secrets, []string{signature}, func(secret []byte) []string {
		return []string{base64Of(authenticate(sha256.New, secret, message.Method, address, string(message.Body), timestamp))}
	})
	if err != nil {
		return Match{}, err
	}
	return Match{Key: key, SignedAt: signedAt}, h.window.check(signedAt, now)
}

// hubSpotEscapes are the only ones that HubSpot decodes in the URI it signs. A
// full decoding would be wrong: %20, %26 and %3D stay.
var hubSpotEscapes = strings.NewReplacer(
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$",
	"%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
)
