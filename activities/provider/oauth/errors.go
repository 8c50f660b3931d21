package oauth

import (
	"encoding/json"
	"errors"
	"net/http"

	"golang.org/x/oauth2"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// operation names the request for a token in errors, logs and metrics.
const operation = "token"

// failed classifies a failed fetch. Nothing has reached what the token is for, so
// what may pass is NotProcessed, and a refusal needs a person.
func (t *Tokens) failed(trace *provider.Trace, err error) error {
	failed := t.config.Client.Classify(operation, trace.Status(), grantError(err), trace.Header(), trace, err)
	switch status := trace.Status(); {
	case status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout:
		failed.Class, failed.Advice = failure.Permanent, t.config.Advice
	case failed.Class == failure.Ambiguous:
		failed.Class = failure.NotProcessed
	}
	return failed
}

// grantError returns OAuth's own word for a refusal, "invalid_grant". Its
// description is not used: it may name the account.
func grantError(err error) string {
	var refused *oauth2.RetrieveError
	var body struct {
		Error string `json:"error"`
	}
	if !errors.As(err, &refused) || json.Unmarshal(refused.Body, &body) != nil {
		return ""
	}
	return body.Error
}
