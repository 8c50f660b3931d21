package kit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

// TestAnOpenCircuitIsWaitedOut: the step asks again when the circuit lets it,
// less and less often while it does not, and has used up none of its tries.
func TestAnOpenCircuitIsWaitedOut(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	open := failure.ToTemporal(&failure.Error{Provider: "stripe", Operation: "x", Class: failure.NotProcessed, OpenFor: 30 * time.Second})
	down := failure.ToTemporal(&failure.Error{Provider: "stripe", Operation: "x", Class: failure.Ambiguous, Status: 503})
	answers := []error{open, open, open, open, open, open, down, down, down, nil}
	var asked []time.Time
	var efforts []options.Effect
	env.RegisterActivityWithOptions(func(_ context.Context, command options.Command[string]) (string, error) {
		answer := answers[0]
		answers = answers[1:]
		asked, efforts = append(asked, env.Now()), append(efforts, command.Effect)
		return "done", answer
	}, activity.RegisterOptions{Name: "echo"})
	var common kit.Common
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx, core := kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
		kit.OfferRetry(ctx, core, nil)
		_, err := kit.Do(ctx, core, kit.Step[string, string]{Name: "pay", Request: "10", Call: callEcho})
		core.Finish(ctx)
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, asked, 10)
	for round, least := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		pause := asked[round+1].Sub(asked[round])
		assert.GreaterOrEqual(t, pause, least, "round %d", round)
		assert.LessOrEqual(t, pause, least+least/10, "round %d", round)
	}
	first := asked[9].Sub(asked[8])
	assert.GreaterOrEqual(t, first, 5*time.Minute)
	assert.LessOrEqual(t, first, 5*time.Minute+30*time.Second, "the first pause of a step that failed once")
	for _, effort := range efforts {
		assert.Equal(t, efforts[0].Key, effort.Key)
	}
	assert.Equal(t, kit.StepDone, common.Ledger["pay"].Status)
}

// TestARefusalByTheCircuitLeavesTheFirstTry: nothing has left, so a message that
// is sent once at most is not given up. Once something may have left, no refusal
// makes the next try a first one again.
func TestARefusalByTheCircuitLeavesTheFirstTry(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	open := &failure.Error{Provider: "twilio", Operation: "x", Class: failure.NotProcessed, OpenFor: 30 * time.Second}
	down := &failure.Error{Provider: "twilio", Operation: "x", Class: failure.Ambiguous, Status: 503}
	answers := []error{open, open, down, open, open, nil} // the fourth is Temporal's second attempt of the third
	var first []bool
	env.RegisterActivityWithOptions(func(ctx context.Context, command options.Command[string]) (string, error) {
		return options.Perform(ctx, command, failure.ToTemporal, func(ctx context.Context, effect options.Effect, _ string) (string, error) {
			answer := answers[0]
			answers, first = answers[1:], append(first, effect.FirstTry)
			if !errors.Is(answer, open) {
				options.Sending(ctx)
			}
			return "done", answer
		})
	}, activity.RegisterOptions{Name: "echo"})
	var common kit.Common
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx, core := kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
		kit.OfferRetry(ctx, core, nil)
		common.WasReset = false // the test's environment names no first run, which looks like a reset
		_, err := kit.Do(ctx, core, kit.Step[string, string]{Name: "pay", Request: "10", Call: callEcho})
		core.Finish(ctx)
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	assert.Equal(t, []bool{true, true, true, false, false, false}, first)
}

// TestWhatNeverLeftMayBeAskedForAnew: with other parameters it is no conflict.
func TestWhatNeverLeftMayBeAskedForAnew(t *testing.T) {
	for name, test := range map[string]struct {
		sent bool
		want kit.StepStatus
	}{
		"refused before anything left": {sent: false, want: kit.StepDone},
		"refused in the middle":        {sent: true, want: kit.StepParked},
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.RegisterActivityWithOptions(func(ctx context.Context, command options.Command[string]) (string, error) {
				return options.Perform(ctx, command, failure.ToTemporal, func(ctx context.Context, _ options.Effect, request string) (string, error) {
					if request == "20" {
						return "done", nil
					}
					if test.sent {
						options.Sending(ctx)
					}
					return "", &failure.Error{Provider: "twilio", Operation: "x", Class: failure.NotProcessed, OpenFor: time.Second}
				})
			}, activity.RegisterOptions{Name: "echo"})
			var common kit.Common
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				ctx, core := kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
				kit.OfferRetry(ctx, core, nil)
				common.WasReset = false // the test's environment names no first run, which looks like a reset
				step := kit.Step[string, string]{Name: "pay", Request: "10", Call: callEcho, Patient: true}
				for range 2 { // it fails, and waits for its turn
					_, err := kit.Do(ctx, core, step)
					assert.ErrorIs(t, err, kit.ErrStepWaits)
				}
				if err := workflow.Sleep(ctx, time.Minute); err != nil {
					return err
				}
				step.Request = "20"
				_, err := kit.Do(ctx, core, step)
				if test.sent {
					assert.ErrorIs(t, err, kit.ErrStepWaits)
				} else {
					assert.NoError(t, err)
				}
				return nil
			})
			require.NoError(t, env.GetWorkflowError())
			assert.Equal(t, test.want, common.Ledger["pay"].Status)
		})
	}
}
