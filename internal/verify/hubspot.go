package verify

import (
	"strings"
	"time"
)

// HubSpot's headers of signature version 3. Versions 1 and 2 come along on the
// same request and are ignored here: they sign no time (see NewHubSpotLegacy).
const (
	HubSpotHeader          = "X-HubSpot-Signature-v3"
	HubSpotTimestampHeader = "X-HubSpot-Request-Timestamp"
)

// NewHubSpot makes the verifier of the given app client secrets: HMAC-SHA256 of
// method, URI, body and the time in milliseconds, in base64. Without any it
// refuses everything.
func NewHubSpot(secrets ...string) (*HMAC, error) {
	layout := stamped{header: HubSpotTimestampHeader, unit: time.Millisecond,
		around: func(message Message, timestamp string) (string, string) {
			return message.Method + hubSpotEscapes.Replace(message.URL), timestamp
		}}
	return newHMAC(scheme{
		header: HubSpotHeader, encoding: base64Standard, window: fiveMinutes, read: layout.read,
		beside: []string{HubSpotTimestampHeader}, covers: []string{PartMethod, PartAddress},
	}, secrets, asText)
}

// hubSpotEscapes are the only ones that HubSpot decodes in the URI it signs. A
// full decoding would be wrong: %20, %26 and %3D stay.
var hubSpotEscapes = strings.NewReplacer(
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$",
	"%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
)
