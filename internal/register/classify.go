package register

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/failure"
)

// provider is what errors name: this capability's outside is Temporal itself.
const provider = "temporal"

// pause is how long a refused call waits when Temporal is over its limits.
const pause = 2 * time.Second

// updateLost is the type of the failure of an update whose workflow closed
// before it could answer. The next try starts a new run.
const updateLost = "AcceptedUpdateCompletedWorkflow"

// classify maps Temporal's errors to the classes. Every call here may be
// repeated, so an unknown error is Ambiguous and is tried again.
func classify(operation string, err error) error {
	known := &failure.Error{Provider: provider, Operation: operation, Class: failure.Ambiguous, Err: err}
	for _, cause := range causes(err) {
		if class, code := classOf(cause); class != "" {
			known.Class, known.Code = class, code
			break
		}
	}
	switch known.Class {
	case failure.Throttled:
		known.RetryAfter = pause
	case failure.Permanent:
		known.Advice = "the claim or profile refuses this; see its timeline and the worker's version"
	}
	return known
}

// causes are the operations' own errors of an update-with-start, or the error
// itself.
func causes(err error) []error {
	var multi *serviceerror.MultiOperationExecution
	if errors.As(err, &multi) {
		return multi.OperationErrors()
	}
	return []error{err}
}

func classOf(err error) (failure.Class, string) {
	var application *temporal.ApplicationError
	var timeout *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil, isA[*serviceerror.MultiOperationAborted](err):
		return "", "" // the other operation's error says why
	case errors.As(err, &application):
		if application.Type() == updateLost {
			return failure.NotProcessed, updateLost
		}
		return failure.Permanent, application.Type()
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return failure.Ambiguous, "timeout"
	case isA[*serviceerror.ResourceExhausted](err):
		return failure.Throttled, "ResourceExhausted"
	case isA[*serviceerror.NotFound](err):
		return failure.NotProcessed, "NotFound" // closed between start and update
	case isA[*serviceerror.InvalidArgument](err):
		return failure.Permanent, "InvalidArgument"
	case isA[*serviceerror.PermissionDenied](err):
		return failure.Permanent, "PermissionDenied"
	case isA[*serviceerror.NamespaceNotFound](err):
		return failure.Permanent, "NamespaceNotFound"
	}
	return "", ""
}

func isA[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
