package failure_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/failure"
)

func application(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	var mapped *temporal.ApplicationError
	require.ErrorAs(t, err, &mapped)
	return mapped
}

func TestAWishToWaitIsKeptAndSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 50 {
		wait := application(t, failure.ToTemporal(&failure.Error{Class: failure.Throttled, RetryAfter: 10 * time.Second})).NextRetryDelay()
		require.GreaterOrEqual(t, wait, 10*time.Second)
		require.LessOrEqual(t, wait, 11*time.Second)
		seen[wait] = true
	}
	assert.Greater(t, len(seen), 10, "they come back one by one")
	assert.Zero(t, application(t, failure.ToTemporal(&failure.Error{Class: failure.Ambiguous})).NextRetryDelay())
}

func TestAnOpenCircuitIsNoAttemptOfTemporals(t *testing.T) {
	mapped := application(t, failure.ToTemporal(&failure.Error{Provider: "stripe", Operation: "x", Class: failure.NotProcessed, OpenFor: 29500 * time.Millisecond}))
	assert.True(t, mapped.NonRetryable(), "Temporal leaves it to the step")
	assert.Equal(t, 29500*time.Millisecond, failure.OpenFor(mapped))
	assert.Equal(t, failure.NotProcessed, failure.ClassOf(mapped))
	assert.True(t, failure.ClassOf(mapped).Retryable())

	assert.Zero(t, failure.OpenFor(failure.ToTemporal(&failure.Error{Class: failure.NotProcessed})))
	assert.Equal(t, time.Second, failure.OpenFor(temporal.NewNonRetryableApplicationError("open", "CircuitOpen", nil)), "open, and not said for how long")
}

func TestTheCodeArrives(t *testing.T) {
	for want, failed := range map[string]*failure.Error{
		"lock_timeout": {Class: failure.Throttled, Status: 429, Code: "lock_timeout"},
		"status_503":   {Class: failure.Ambiguous, Status: 503},
		"status_400":   {Class: failure.Permanent, Status: 400, Code: "the number +1 415 is wrong"},
		"circuit_open": {Class: failure.NotProcessed, OpenFor: time.Second},
		"":             {Class: failure.NotProcessed},
	} {
		assert.Equal(t, want, failure.CodeOf(failure.ToTemporal(failed)))
	}
	assert.Empty(t, failure.CodeOf(temporal.NewApplicationError("from before", string(failure.Permanent))))
	assert.Empty(t, failure.CodeOf(temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil)))
}

func TestOnlyARefusalByTheCircuitLeavesAStepUntouched(t *testing.T) {
	open := &failure.Error{Class: failure.NotProcessed, OpenFor: time.Second}
	assert.True(t, failure.Untouched(failure.ToTemporal(failure.Unsent(open))))
	assert.False(t, open.Unsent, "the error that was given is left as it was")
	assert.False(t, failure.Untouched(failure.ToTemporal(open)))
	assert.False(t, failure.Untouched(failure.ToTemporal(failure.Unsent(&failure.Error{Class: failure.NotProcessed}))))
	assert.False(t, failure.Untouched(temporal.NewNonRetryableApplicationError("open", "CircuitOpen", nil, 30.0)), "recorded before it was said")
	assert.NoError(t, failure.Unsent(nil))
}
