package twilio

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"guestjourney/activities/options"
	"guestjourney/activities/sms"
)

// retryAll asks Twilio to repeat a status callback that failed, up to five
// times: by itself it does not. It is a "connection override", carried in the
// URL's fragment, which never reaches the proxy.
const retryAll = "rc=5&rp=all"

// statusCallback is where Twilio reports the fate of a message. The workflow
// is part of the URL that Twilio signs, so the proxy may trust it.
func (s *Sender) statusCallback(effect options.Effect, text sms.Text) string {
	if s.config.PublicURL == "" || text.WorkflowID == "" {
		return ""
	}
	query := url.Values{"workflow": {text.WorkflowID}, "op": {operationID(effect.Key)}}
	return strings.TrimRight(s.config.PublicURL, "/") + "/webhooks/twilio/status?" + query.Encode() + "#" + retryAll
}

// operationID names an effect without saying whose it is.
func operationID(effectKey string) string {
	sum := sha256.Sum256([]byte(effectKey))
	return hex.EncodeToString(sum[:8])
}
