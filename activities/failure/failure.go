// Package failure holds the error classes of calls to the outside and their
// one mapping to Temporal.
//
// Adapters and the provider layer make a *failure.Error; the activity structs
// of the ports hand it to ToTemporal; workflow code asks ClassOf. Nothing else
// decides what is tried again. The text of an Error names provider, operation
// and code, never a body, an address or a token.
package failure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
)

// Class says what is known about a failed call.
type Class string

const (
	// NotProcessed means that the provider has certainly not acted (refused connection,
	// DNS failure). The same call may simply be made again.
	NotProcessed Class = "NotProcessed"
	// Throttled means refused for its rate; made again after RetryAfter.
	Throttled Class = "Throttled"
	// Ambiguous means that the provider may have acted (timeout after the request was
	// written, reset, 5xx). Made again only with the same effect key.
	Ambiguous Class = "Ambiguous"
	// Permanent means that the same call will fail again; the step is parked.
	Permanent Class = "Permanent"
	// InvalidInput means that the caller's own data is wrong; parked like Permanent.
	InvalidInput Class = "InvalidInput"
	// EffectConflict means that the effect key was used with other parameters; parked,
	// never taken for done.
	EffectConflict Class = "EffectConflict"
)

// Retryable says whether the same call can succeed later without a person.
func (c Class) Retryable() bool {
	return c == NotProcessed || c == Throttled || c == Ambiguous
}

// Error is one failed call.
type Error struct {
	Provider  string // "stripe"
	Operation string // "checkout.create"
	Class     Class
	Status    int    // HTTP status, 0 when there was no answer
	Code      string // the provider's own error code, if any
	// Advice says in a few words what a person can do; no personal data.
	Advice string
	// RetryAfter is the provider's wish before the next try; 0 means none.
	RetryAfter time.Duration
	// OpenFor is how long the provider's circuit stays open, for a call that was
	// refused because of it: nothing has left, and it is no attempt of the step's.
	OpenFor time.Duration
	// Unsent means that no request of the step has ever left, so that its next
	// try is a first one still.
	Unsent bool
	// Err is the cause. It is kept for errors.Is and never printed, because a
	// transport error may quote the URL with an address in it.
	Err error
}

// Error names provider, operation, class, status and code.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: %s", e.Provider, e.Operation, e.Class)
	if e.Status != 0 {
		fmt.Fprintf(&text, ", status %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&text, ", code %s", e.Code)
	}
	if e.Advice != "" {
		fmt.Fprintf(&text, "; %s", e.Advice)
	}
	return text.String()
}

// codeOpen stands for a call that an open circuit kept in the house.
const codeOpen = "circuit_open"

// codeForm is the form of a code; anything else could be a text.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Short says in one code how the call failed: the provider's own, or one of
// ours ("status_503", "circuit_open"); empty if nothing is known but the class.
func (e *Error) Short() string {
	switch {
	case e.OpenFor > 0:
		return codeOpen
	case codeForm.MatchString(e.Code):
		return e.Code
	case e.Status != 0:
		return "status_" + strconv.Itoa(e.Status)
	}
	return ""
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ToTemporal maps an error to what Temporal understands: the class becomes the
// application error's type, a permanent class is not retried, and a wish to
// wait becomes the next retry's delay. A call that an open circuit refused is
// not retried by Temporal, and carries the time to wait (OpenFor) and whether the
// step is untouched by it (Untouched). An error that is no *Error is Ambiguous:
// nothing is known about it.
func ToTemporal(err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if !errors.As(err, &known) {
		known = &Error{Provider: "internal", Operation: "call", Class: Ambiguous, Advice: safeText(err)}
	}
	if known.OpenFor > 0 {
		return temporal.NewApplicationErrorWithOptions(known.Error(), circuitOpen, temporal.ApplicationErrorOptions{
			NonRetryable: true, Details: []any{known.OpenFor.Seconds(), known.Unsent},
		})
	}
	options := temporal.ApplicationErrorOptions{NonRetryable: !known.Class.Retryable(), NextRetryDelay: spread(known.RetryAfter)}
	if code := known.Short(); code != "" {
		options.Details = []any{code}
	}
	return temporal.NewApplicationErrorWithOptions(known.Error(), string(known.Class), options)
}

// spread adds up to a tenth, so that those whom a provider sent away together do
// not come back together.
func spread(wait time.Duration) time.Duration {
	return wait + time.Duration(rand.Float64()*float64(wait)/10) //nolint:gosec // no secret depends on it
}

// circuitOpen is the application error's type of a call that an open circuit
// refused. Temporal does not try it again: it is none of the step's attempts.
const circuitOpen = "CircuitOpen"

// OpenFor returns how long the circuit stays open that an activity's failure
// names, and 0 for every other failure.
func OpenFor(err error) time.Duration {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || application.Type() != circuitOpen {
		return 0
	}
	var seconds float64
	if err := application.Details(&seconds); err != nil || !(seconds > 0) {
		return time.Second // it says that it is open, and not for how long
	}
	return time.Duration(seconds * float64(time.Second))
}

// Unsent marks a call that an open circuit refused as one of which no request has
// ever left, and returns every other error as it is.
func Unsent(err error) error {
	var known *Error
	if !errors.As(err, &known) || known.OpenFor == 0 {
		return err
	}
	marked := *known
	marked.Unsent = true
	return &marked
}

// Untouched says of an activity's failure that an open circuit refused it before
// any request of its step had left.
func Untouched(err error) bool {
	if OpenFor(err) == 0 {
		return false
	}
	var application *temporal.ApplicationError
	var seconds float64
	var unsent bool
	// One that was recorded before this was said has no second detail.
	return errors.As(err, &application) && application.Details(&seconds, &unsent) == nil && unsent
}

// safeText names an unknown error by its type only: its text may quote data.
func safeText(err error) string { return fmt.Sprintf("unexpected %T", err) }

// ClassOf returns the class of an error that an activity future returned.
// Temporal's own timeouts are Ambiguous: the attempt may have reached the
// provider.
func ClassOf(err error) Class {
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		switch class := Class(application.Type()); class {
		case circuitOpen:
			return NotProcessed
		case NotProcessed, Throttled, Ambiguous, Permanent, InvalidInput, EffectConflict:
			return class
		}
		if application.NonRetryable() {
			return Permanent
		}
	}
	return Ambiguous
}

// CodeOf returns the code (see Short) of an error that an activity future
// returned; empty if it has none.
func CodeOf(err error) string {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return ""
	}
	if application.Type() == circuitOpen {
		return codeOpen
	}
	var code string
	if err := application.Details(&code); err != nil {
		return "" // from before there were codes, or none of ours
	}
	return code
}

// Text returns the readable reason of an activity's failure without Temporal's
// wrapping, which repeats the activity's identity.
func Text(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		return application.Message()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return "timed out (" + timeout.TimeoutType().String() + ")"
	}
	return safeText(err)
}
