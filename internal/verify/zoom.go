package verify

import "time"

// Zoom's headers.
const (
	ZoomHeader          = "X-Zm-Signature"
	ZoomTimestampHeader = "X-Zm-Request-Timestamp"
)

// NewZoom makes the verifier of the given secret tokens: HMAC-SHA256 of
// "v0:<time>:<body>", in hex behind "v0=". Without any it refuses everything.
//
// Zoom's URL validation signs a text of the sender's choice with the same
// secret. Answer it for verified messages only, and never for a text with a
// colon: it would sign any event that somebody makes up.
func NewZoom(secrets ...string) (*HMAC, error) {
	layout := stamped{prefix: "v0=", header: ZoomTimestampHeader, unit: time.Second,
		around: func(_ Message, timestamp string) (string, string) { return "v0:" + timestamp + ":", "" }}
	return newHMAC(scheme{header: ZoomHeader, window: fiveMinutes, read: layout.read, beside: []string{ZoomTimestampHeader}}, secrets, asText)
}
