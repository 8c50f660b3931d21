package register

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/failure"
)

func TestClassify(t *testing.T) {
	application := func(kind string) error { return temporal.NewNonRetryableApplicationError("canary", kind, nil) }
	for name, test := range map[string]struct {
		err  error
		want failure.Class
	}{
		"deadline":             {context.DeadlineExceeded, failure.Ambiguous},
		"update timed out":     {&client.WorkflowUpdateServiceTimeoutOrCanceledError{}, failure.Ambiguous},
		"unavailable":          {serviceerror.NewUnavailable("canary"), failure.Ambiguous},
		"unknown":              {errors.New("canary"), failure.Ambiguous},
		"over the limit":       {&serviceerror.ResourceExhausted{Message: "canary"}, failure.Throttled},
		"closed meanwhile":     {serviceerror.NewNotFound("canary"), failure.NotProcessed},
		"closed before answer": {application("AcceptedUpdateCompletedWorkflow"), failure.NotProcessed},
		"rejected":             {application("Rejected"), failure.Permanent},
		"bad request":          {serviceerror.NewInvalidArgument("canary"), failure.Permanent},
		"not allowed":          {serviceerror.NewPermissionDenied("canary", ""), failure.Permanent},
		"no namespace":         {serviceerror.NewNamespaceNotFound("canary"), failure.Permanent},
		"start failed, update aborted": {serviceerror.NewMultiOperationExecution("canary", []error{
			&serviceerror.ResourceExhausted{Message: "canary"}, serviceerror.NewMultiOperationAborted("canary")}), failure.Throttled},
		"update failed, start aborted": {serviceerror.NewMultiOperationExecution("canary", []error{
			serviceerror.NewMultiOperationAborted("canary"), serviceerror.NewInvalidArgument("canary")}), failure.Permanent},
		"wrapped": {fmt.Errorf("call: %w", serviceerror.NewInvalidArgument("canary")), failure.Permanent},
	} {
		t.Run(name, func(t *testing.T) {
			err := classify("claim.bind.phone", test.err)
			var known *failure.Error
			require.True(t, errors.As(err, &known))
			assert.Equal(t, test.want, known.Class)
			assert.Equal(t, test.want == failure.Throttled, known.RetryAfter > 0)
			assert.NotContains(t, err.Error(), "canary")
			assert.ErrorIs(t, err, test.err)
		})
	}
}
