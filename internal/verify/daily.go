package verify

import "time"

// Daily's headers.
const (
	DailyHeader          = "X-Webhook-Signature"
	DailyTimestampHeader = "X-Webhook-Timestamp"
)

// NewDaily makes the verifier of the given secrets, which Daily shows in base64
// and uses decoded: HMAC-SHA256 of "<time>.<body>" in base64. Without any it
// refuses everything.
func NewDaily(secrets ...string) (*HMAC, error) {
	layout := stamped{header: DailyTimestampHeader, unit: time.Second, around: dotted}
	return newHMAC(scheme{
		header: DailyHeader, encoding: base64Standard, window: fiveMinutes, read: layout.read,
		beside: []string{DailyTimestampHeader},
	}, secrets, asBase64)
}
