package twilio

import (
	"errors"
	"strconv"
	"time"

	twilioclient "github.com/twilio/twilio-go/client"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// Codes of Twilio that decide something here. Those of Verify and Flex are in
// the table too, because they share the account and its classes.
const (
	codeTooManyRequests = 20429
	codeFlexRate        = 45780
	codeOptedOut        = 21610
	codeVerifySends     = 60203
	codeVerifyChecks    = 60202
)

// verifyPause is how long Verify refuses after too many attempts.
const verifyPause = 10 * time.Minute

// advice tells an operator what to do about a code.
var advice = map[int]string{
	20003: "check the API key and its secret",
	20404: "check the account SID and the messaging service",
	21211: "the number is not valid; correct the guest's telephone number",
	21614: "the number cannot receive texts; use another channel",
	21408: "allow this country in the account's geo permissions",
	21606: "the sender number cannot send texts to this country",
	21609: "the status callback address is not valid; check PUBLIC_URL",
	21222: "the API key SID contains illegal characters",
	21224: "the API key secret contains illegal characters",
}

// check turns the outcome of one SDK call into a *failure.Error, or nil.
func (s *Sender) check(operation string, trace *provider.Trace, err error) error {
	status := trace.Status()
	switch {
	case err == nil && status/100 == 2:
		return nil
	case err == nil:
		// The SDK takes a redirect for success and an empty message for a sent one.
		err = errors.New("the answer is not a success")
	case status/100 == 2:
		// Accepted, but the answer was cut off: like no answer at all.
		status = 0
	}
	var known *twilioclient.TwilioRestError
	if status == 0 && !trace.Written() && errors.As(err, &known) {
		status = known.Status // refused by the SDK before it sent anything
	}
	failed := s.client.Classify(operation, status, text(code(err)), trace.Header(), trace, err)
	refine(failed, code(err))
	return failed
}

// refine applies what Twilio's code says beyond the HTTP status.
func refine(failed *failure.Error, code int) {
	switch code {
	case codeTooManyRequests, codeFlexRate:
		// "Never processed, always safe to retry", whatever the status.
		failed.Class = failure.Throttled
	case codeVerifySends, codeVerifyChecks:
		failed.Class, failed.RetryAfter = failure.Throttled, verifyPause
	}
	if failed.Advice == "" {
		failed.Advice = advice[code]
	}
}

// code returns Twilio's own error code, 0 if there is none. The message is not
// used: it quotes the recipient's number.
func code(err error) int {
	var known *twilioclient.TwilioRestError
	if errors.As(err, &known) {
		return known.Code
	}
	return 0
}

func text(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}
