package paging

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"guestjourney/activities/failure"
)

// vendor is the provider's name in errors.
const vendor = "twilio"

// codeTooManyRequests says "never processed", whatever the status.
const codeTooManyRequests = 20429

// MaxWait caps a provider's wish before the next try of a page: the ladder's
// next rung does not wait for anybody.
const MaxWait = 2 * time.Second

// undeliverable are the codes that are about the person's number, so that no
// further try helps: invalid, not reachable, opted out, a country that the
// account does not text or call.
var undeliverable = map[int]bool{
	21211: true, 21214: true, 21215: true, 21216: true, 21217: true,
	21408: true, 21610: true, 21612: true, 21614: true,
}

// hopeless are the states of a message or call that Twilio has taken and will
// not bring about.
var hopeless = map[status]bool{"failed": true, "undelivered": true, "canceled": true}

// advice tells an operator what to do about a code.
var advice = map[int]string{
	20003: "check the API key and its secret",
	20404: "check the account SID and the messaging service",
	21210: "the number that calls is not verified for this account",
	21212: "the number that calls is not valid",
	21606: "the sender number cannot send texts to this country",
}

// refused makes the error of an answer that says no.
func refused(operation string, got answer) error {
	failed := &failure.Error{
		Provider: vendor, Operation: operation, Status: got.http, Code: text(got.Code),
		Class: failure.OfStatus(got.http), Advice: advice[got.Code],
	}
	switch {
	case got.Code == codeTooManyRequests:
		failed.Class = failure.Throttled
	case failed.Advice == "" && (got.http == http.StatusUnauthorized || got.http == http.StatusForbidden):
		failed.Advice = advice[20003]
	case failed.Advice == "" && got.http/100 == 3:
		failed.Advice = "redirect not followed; check the provider's base URL"
	}
	if failed.Class.Retryable() {
		failed.RetryAfter = retryAfter(got.header)
	}
	return failed
}

// retryAfter reads the header's seconds. A date is not asked for by Twilio.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 60))*time.Second, MaxWait)
}

// unanswered makes the error of a call whose answer did not come, or broke off.
// Of the cause only its kind is kept: its text may quote an address.
func unanswered(operation string, written bool, err error) error {
	failed := &failure.Error{Provider: vendor, Operation: operation, Class: failure.NotProcessed, Advice: "no connection", Err: kind(err)}
	if written {
		failed.Class, failed.Advice = failure.Ambiguous, "no usable answer"
	}
	if failed.Err != nil {
		failed.Advice = failed.Err.Error()
	}
	return failed
}

// kind keeps of a cause what a caller may ask for.
func kind(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, errTooLarge} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

func text(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}
