package sendgrid

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/sendgrid/rest"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// maxPause caps what X-RateLimit-Reset may ask for.
const maxPause = 15 * time.Minute

// advice tells an operator what to do about a status.
var advice = map[int]string{
	http.StatusUnauthorized:          "check the API key",
	http.StatusForbidden:             "check the API key's scopes and that the sender is verified",
	http.StatusRequestEntityTooLarge: "the mail is too large",
}

// check turns the outcome of one SDK call into a *failure.Error, or nil. The
// SDK does not take a 4xx for an error, and takes an unreadable body for one.
func (s *Sender) check(operation string, trace *provider.Trace, response *rest.Response, err error) error {
	status := trace.Status()
	if response != nil && status/100 == 2 && (err == nil || status == http.StatusAccepted) {
		return nil // the body of an accepted mail is empty: nothing is lost with it
	}
	var code string
	if response != nil {
		code = field(response.Body)
	}
	if status/100 == 2 {
		status = 0
	}
	failed := s.client.Classify(operation, status, code, trace.Header(), trace, err)
	if failed.Class == failure.Throttled && failed.RetryAfter == 0 {
		failed.RetryAfter = untilReset(trace.Header(), time.Now())
	}
	if failed.Advice == "" {
		failed.Advice = advice[status]
	}
	return failed
}

// untilReset reads SendGrid's own way to say Retry-After: a Unix time.
func untilReset(header http.Header, now time.Time) time.Duration {
	seconds, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	return min(max(time.Unix(seconds, 0).Sub(now), 0), maxPause)
}

// fieldName is the form of a path into the request; anything else could quote
// the request's content.
var fieldName = regexp.MustCompile(`^[a-z_]+(\.(\d{1,3}|[a-z_]+))*$`)

// field returns which part of the request SendGrid refused. Its messages are
// not used: they quote addresses.
func field(body string) string {
	var answer struct {
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil || len(answer.Errors) == 0 || !fieldName.MatchString(answer.Errors[0].Field) {
		return ""
	}
	return answer.Errors[0].Field
}
