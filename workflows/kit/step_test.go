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

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

func callEcho(ctx workflow.Context, effect options.Effect, request string) options.Result[string] {
	return options.Mutate[string, string](ctx, options.Inside, "test", "echo", "echo", effect, request)
}

// The same key with other parameters must never be taken for done.
func TestAnEffectAskedForWithOtherParametersIsParked(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	var keys []string
	env.RegisterActivityWithOptions(func(_ context.Context, command options.Command[string]) (string, error) {
		keys = append(keys, command.Effect.Key)
		return command.Request, nil
	}, activity.RegisterOptions{Name: "echo"})
	var common kit.Common
	var results []string
	env.RegisterDelayedCallback(func() {
		assert.Equal(t, kit.StepParked, common.Ledger["pay"].Status)
		assert.Equal(t, []string{"parked:pay"}, common.Attention)
		env.UpdateWorkflow(kit.UpdateRetryStep, "u1", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { t.Error(err) }, OnComplete: func(any, error) {},
		}, kit.StepCommand{Envelope: kit.Envelope{Actor: "a", Role: "engineer", Reason: "r"}, Step: "pay", NewEffect: true})
	}, time.Hour)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx, core := kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
		kit.OfferCommands(ctx, core, nil, nil)
		for _, request := range []string{"10", "10", "20"} {
			result, err := kit.Do(ctx, core, kit.Step[string, string]{Name: "pay", Request: request, Call: callEcho})
			if err != nil {
				return err
			}
			results = append(results, result)
		}
		core.Finish(ctx)
		return nil
	})

	require.NoError(t, env.GetWorkflowError())
	assert.Equal(t, []string{"10", "10", "20"}, results)
	require.Len(t, keys, 2, "once under the first key, once under the operator's new one")
	assert.NotEqual(t, keys[0], keys[1])
}
