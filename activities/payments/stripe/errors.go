package stripe

import (
	"errors"
	"net/http"
	"strconv"

	stripego "github.com/stripe/stripe-go/v76"

	"guestjourney/activities/failure"
)

// failed classifies an error of Stripe. An answer that is not in Stripe's own form,
// such as a proxy's page, has a status and no words.
func (c *call) failed(err error) error {
	var known *failure.Error
	if errors.As(err, &known) {
		return known
	}
	said := &stripego.Error{}
	errors.As(err, &said)
	classified := c.gateway.out.Classify(c.operation, said.HTTPStatusCode, string(said.Code), c.trace.Header(), &c.trace, err)
	if classified.Status == 0 {
		return classified // no answer, or one about a key that may not be in force any more
	}
	if classified.Code == "" {
		classified.Code = string(said.Type)
	}
	classified.Class = refine(classified, said, c.trace.Header().Get("Stripe-Should-Retry"))
	if !classified.Class.Retryable() {
		classified.RetryAfter = 0
		if said.Param != "" {
			classified.Advice = "parameter " + strconv.Quote(said.Param)
		}
	}
	return classified
}

// refine corrects the class where Stripe says more than its status
// (https://docs.stripe.com/api/errors, Stripe-Should-Retry in stripe-go's
// shouldRetry). It may forbid to try a 5xx again blindly; a later try here looks
// for the object first.
func refine(failed *failure.Error, said *stripego.Error, shouldRetry string) failure.Class {
	refused := failed.Status >= http.StatusBadRequest && failed.Status < http.StatusInternalServerError
	switch {
	case said.Code == stripego.ErrorCodeLockTimeout, said.Code == "idempotency_key_in_use":
		return failure.Throttled
	case said.Type == stripego.ErrorTypeIdempotency:
		return failure.EffectConflict
	case refused && shouldRetry == "false":
		return failure.Permanent
	case refused && shouldRetry == "true" && !failed.Class.Retryable(), failed.Status == http.StatusConflict:
		return failure.Ambiguous
	}
	return failed.Class
}
