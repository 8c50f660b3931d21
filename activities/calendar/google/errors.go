package google

import (
	"errors"
	"net/http"
	"regexp"

	"google.golang.org/api/googleapi"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// adviceGone is for an entry that should be there.
const adviceGone = "the entry is no longer in the calendar; hold a new place, or skip the step"

// limits are the reasons of a 403 that pass by themselves.
var limits = map[string]bool{
	"rateLimitExceeded": true, "userRateLimitExceeded": true, "quotaExceeded": true, "dailyLimitExceeded": true,
}

// advice tells an operator what to do about a status.
var advice = map[int]string{
	http.StatusBadRequest:   "the calendar refuses the entry's times or zone",
	http.StatusUnauthorized: "the sign-in was refused; check the access token or the service account",
	http.StatusForbidden:    "share the calendar with the service account, with the right to change events",
	http.StatusNotFound:     "check the calendar's ID and that it is shared with the service account",
}

// check turns the outcome of one SDK call into a *failure.Error, or nil.
func (d *Diary) check(operation string, trace *provider.Trace, err error) error {
	if err == nil {
		return nil
	}
	status := trace.Status()
	if status/100 == 2 {
		status = 0 // done, but the answer was cut off: like no answer at all
	}
	code := reason(err)
	failed := d.client.Classify(operation, status, code, trace.Header(), trace, err)
	switch {
	case status == http.StatusForbidden && limits[code]:
		failed.Class = failure.Throttled
	case status == http.StatusConflict && operation != operationInsert,
		status == http.StatusPreconditionFailed:
		// Somebody changed the event at the same moment: read it and write again.
		failed.Class = failure.NotProcessed
	}
	if failed.Advice == "" && !failed.Class.Retryable() {
		failed.Advice = advice[status]
	}
	return failed
}

// gone gives the advice for an entry that should be there and is not.
func gone(err error) error {
	var known *failure.Error
	if errors.As(err, &known) && (known.Status == http.StatusNotFound || known.Status == http.StatusGone) {
		known.Advice = adviceGone
	}
	return err
}

func conflict(operation, advice string) *failure.Error {
	return &failure.Error{
		Provider: "google", Operation: operation, Class: failure.EffectConflict,
		Status: http.StatusConflict, Advice: advice,
	}
}

func hasStatus(err error, status int) bool {
	var known *failure.Error
	return errors.As(err, &known) && known.Status == status
}

// codeForm is the form of Google's reasons; anything else could quote content.
var codeForm = regexp.MustCompile(`^[A-Za-z_]{1,64}$`)

func safeCode(code string) string {
	if !codeForm.MatchString(code) {
		return ""
	}
	return code
}

// reason returns Google's own word for an error. Its message is not used: it
// may quote the request.
func reason(err error) string {
	var known *googleapi.Error
	if !errors.As(err, &known) || len(known.Errors) == 0 {
		return ""
	}
	return safeCode(known.Errors[0].Reason)
}
