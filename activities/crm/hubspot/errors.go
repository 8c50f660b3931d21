package hubspot

import (
	"errors"
	"net/http"
	"regexp"
	"time"

	"guestjourney/activities/failure"
)

const (
	// dailyPause is how long to leave a portal alone whose calls of the day are
	// used up. The limit ends at the portal's midnight, which is not told.
	dailyPause = 15 * time.Minute
	// lockPause is how long HubSpot asks to wait for a locked record.
	lockPause = 2 * time.Second
)

// Words of HubSpot's error bodies that decide something here.
const (
	policyDaily        = "DAILY"
	categoryRateLimits = "RATE_LIMITS"
)

// advice tells an operator what to do about a status.
var advice = map[int]string{
	http.StatusBadRequest:   "HubSpot refuses a value; check that the custom properties exist and the stage mapping fits the pipeline",
	http.StatusUnauthorized: "check the access token",
	http.StatusForbidden:    "give the private app the scopes for contacts, deals and notes",
	http.StatusNotFound:     "the record is not in this portal",
	http.StatusConflict:     "another record holds one of the unique values; merge the two in HubSpot",
}

// refine applies what HubSpot says beyond the HTTP status.
func refine(err error) error {
	var failed *failure.Error
	if !errors.As(err, &failed) {
		return err
	}
	failed.Code = word(failed.Code)
	switch {
	case failed.Status == http.StatusTooManyRequests && failed.Code == policyDaily:
		failed.RetryAfter, failed.Advice = dailyPause, "the portal's calls of the day are used up"
	case failed.Status == http.StatusLocked:
		failed.Class, failed.RetryAfter = failure.Throttled, max(failed.RetryAfter, lockPause)
	case failed.Advice == "" && !failed.Class.Retryable():
		failed.Advice = advice[failed.Status]
	}
	return failed
}

// refused is a record that a batch, answered with 207, left out.
func refused(operation, category string) error {
	failed := &failure.Error{
		Provider: "hubspot", Operation: operation, Class: failure.Permanent,
		Status: http.StatusMultiStatus, Code: word(category),
	}
	if category == categoryRateLimits {
		failed.Class = failure.Throttled
	}
	if failed.Code == "CONFLICT" {
		failed.Status = http.StatusConflict
	}
	return refine(failed)
}

// wordForm is the form of HubSpot's categories and policies; anything else
// could quote a record.
var wordForm = regexp.MustCompile(`^[A-Z][A-Z_]{1,63}$`)

func word(text string) string {
	if !wordForm.MatchString(text) {
		return ""
	}
	return text
}
