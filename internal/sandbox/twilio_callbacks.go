package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// twilioProgress queues the automatic status callbacks of a new message.
func (s *Server) twilioProgress(message twilioMessage) {
	if s.config.ManualDelivery {
		return
	}
	for i, status := range []string{"queued", "sent", "delivered"} {
		message.Status = status
		s.twilioCallback(message, s.now().Add(time.Duration(i)*s.config.StatusGap))
	}
}

// twilioCallback queues one status callback, if the sender wants them.
func (s *Server) twilioCallback(message twilioMessage, at time.Time) {
	if message.Callback == "" {
		return
	}
	form := url.Values{
		"MessageSid": {message.SID}, "SmsSid": {message.SID}, "MessageStatus": {message.Status}, "SmsStatus": {message.Status},
		"To": {message.To}, "From": {message.From}, "AccountSid": {s.config.Secrets.TwilioAccountSID}, "ApiVersion": {"2010-04-01"},
	}
	if message.ErrorCode != 0 {
		form.Set("ErrorCode", strconv.Itoa(message.ErrorCode))
	}
	s.twilioEnqueue(message.Callback, message.Status, message.SID+":"+message.Status, form, at)
}

func (s *Server) twilioEnqueue(target, kind, eventID string, form url.Values, at time.Time) {
	clean, attempts, policy := overrides(target)
	s.enqueue(delivery{
		WebhookRecord: WebhookRecord{Provider: providerTwilio, Type: kind, EventID: eventID, Body: form.Encode()},
		Target:        clean, ContentType: "application/x-www-form-urlencoded; charset=UTF-8",
		NextAt: at, Limit: attempts, RetryOn: policy,
	})
}

// SMSStatus moves a message on and sends its callback: "sent", "delivered",
// "undelivered" or "failed", the last two with Twilio's error code.
func (s *Server) SMSStatus(sid, status string, errorCode int) error {
	if !slices.Contains([]string{"queued", "sending", "sent", "delivered", "undelivered", "failed"}, status) {
		return fmt.Errorf("sandbox: unknown status %q of a message", status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	message, found := s.twilio.messages.get(sid)
	if !found {
		return fmt.Errorf("%w: message", ErrNotFound)
	}
	message.Status, message.ErrorCode = status, errorCode
	s.twilio.messages.put(sid, message)
	s.twilioCallback(message, s.now())
	return s.commitLocked()
}

// optOutWords are Twilio's default keywords, by what they mean.
var optOutWords = map[string][]string{
	"STOP":  {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"},
	"START": {"START", "YES", "UNSTOP"},
	"HELP":  {"HELP", "INFO"},
}

// optOutType says whether a text is one of the keywords, as the whole text.
func optOutType(body string) string {
	word := strings.ToUpper(strings.TrimSpace(body))
	for kind, words := range optOutWords {
		if slices.Contains(words, word) {
			return kind
		}
	}
	return ""
}

// inboundPath is the webhook set at the sandbox's number, with retries.
const inboundPath = "/webhooks/twilio/inbound#rc=5&rp=all"

// ReplySMS is a text from a guest to the number that last texted the guest. It
// returns the message's ID. A STOP makes Twilio refuse texts to the guest, a
// START ends that.
func (s *Server) ReplySMS(from, body string) (string, error) {
	if !e164.MatchString(from) {
		return "", fmt.Errorf("sandbox: the number of a reply is not E.164")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.config.TwilioNumber
	for message := range s.twilio.messages.newest() {
		if message.Direction == twilioOutbound && message.To == from {
			to = message.From
			break
		}
	}
	message := twilioMessage{
		SID: "SM" + randomHex(16), From: from, To: to, Body: body, Status: "received", Direction: twilioInbound, CreatedAt: s.now(),
	}
	s.twilio.messages.put(message.SID, message)
	form := url.Values{
		"MessageSid": {message.SID}, "SmsMessageSid": {message.SID}, "SmsSid": {message.SID}, "SmsStatus": {"received"}, "NumMedia": {"0"}, "NumSegments": {"1"},
		"From": {from}, "To": {to}, "Body": {body}, "AccountSid": {s.config.Secrets.TwilioAccountSID}, "ApiVersion": {"2010-04-01"},
	}
	switch kind := optOutType(body); kind {
	case "STOP":
		s.twilio.optedOut.put(to+">"+from, true)
		form.Set("OptOutType", kind)
	case "START":
		s.twilio.optedOut.remove(to + ">" + from)
		form.Set("OptOutType", kind)
	case "HELP":
		form.Set("OptOutType", kind)
	}
	s.twilioEnqueue(inboundPath, "inbound", message.SID, form, s.now())
	return message.SID, s.commitLocked()
}
