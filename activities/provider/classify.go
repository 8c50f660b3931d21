package provider

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"guestjourney/activities/failure"
)

// retryAfterMax caps a provider's wish: beyond it the step's own retrying,
// which an operator can see, is the better way to wait.
const retryAfterMax = 15 * time.Minute

// Classify makes the error of a failed call. Status, code and header are what
// the SDK says about the answer; 0, "" and nil are filled from the trace.
// Status 0 with nothing in the trace means that there was no answer.
func (c *Client) Classify(operation string, status int, code string, header http.Header, trace *Trace, err error) *failure.Error {
	if unsigned := trace.unsigned(); unsigned != nil {
		return unsigned
	}
	if code = safeCode(code); code == "" && trace != nil {
		code = trace.Code()
	}
	if header == nil && trace != nil {
		header = trace.Header()
	}
	if status == 0 && trace != nil {
		status = trace.refusal()
	}
	failed := &failure.Error{Provider: c.config.Name, Operation: operation, Status: status, Code: code}
	if status == 0 {
		c.classifyUnanswered(failed, trace, err)
	} else {
		failed.Class, failed.Advice = classOf(status)
	}
	if failed.Class.Retryable() {
		failed.RetryAfter = retryAfter(header, time.Now())
	}
	if c.config.Rule != nil && status != 0 {
		if rule, ok := c.config.Rule(failed.Status, code, header); ok {
			apply(rule, failed)
		}
	}
	return failed
}

// classifyUnanswered judges a call whose answer never came, or broke off. The
// broken one is Ambiguous even when its status was a refusal: without the
// body nobody knows which.
func (c *Client) classifyUnanswered(failed *failure.Error, trace *Trace, err error) {
	failed.Err, failed.Advice = redacted(err), kindOf(err)
	var open *OpenError
	switch {
	case errors.As(err, &open):
		failed.Class, failed.Code, failed.OpenFor = failure.NotProcessed, "circuit_open", open.Remaining
	case trace == nil:
		failed.Class = failure.Ambiguous
	case !trace.Written():
		failed.Class = failure.NotProcessed
	default:
		failed.Class, failed.Status = failure.Ambiguous, trace.Status()
		if status := trace.Status(); status == http.StatusTooManyRequests || (status >= 300 && status < 400) {
			failed.Class, failed.Advice = classOf(status)
		}
	}
}

// classOf is the general classification of an answer.
func classOf(status int) (failure.Class, string) {
	class := failure.OfStatus(status)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return class, "check the provider's key and its permissions"
	case status >= 400:
		return class, ""
	case status >= 300:
		return class, "redirect not followed; check the provider's base URL"
	default:
		return class, "the answer could not be read"
	}
}

func apply(rule Rule, failed *failure.Error) {
	failed.Class = rule.Class
	if rule.Advice != "" {
		failed.Advice = rule.Advice
	}
	if rule.RetryAfter != 0 {
		failed.RetryAfter = min(rule.RetryAfter, retryAfterMax)
	}
	if !rule.Class.Retryable() {
		failed.RetryAfter = 0
	}
}

// retryAfter reads the header's seconds or HTTP date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return clampWait(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return clampWait(float64(at.Sub(now)))
	}
	return 0
}

// clampWait works on floats because a huge number of seconds has no Duration.
func clampWait(nanoseconds float64) time.Duration {
	if !(nanoseconds > 0) { // also not a number
		return 0
	}
	return time.Duration(min(nanoseconds, float64(retryAfterMax)))
}
