package kit_test

import (
	"context"
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
