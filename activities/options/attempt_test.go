package options_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/options"
)

func TestACallOfAnotherRunIsNoFirstTry(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	try := func(ctx context.Context, effect options.Effect) (bool, error) {
		if effect.Run == "this" {
			effect.Run = activity.GetInfo(ctx).WorkflowExecution.RunID
		}
		return options.Attempt(ctx, effect).FirstTry, nil
	}
	env.RegisterActivity(try)
	for _, test := range []struct {
		effect options.Effect
		first  bool
	}{
		{options.Effect{FirstTry: true, Run: "this"}, true},
		{options.Effect{FirstTry: true}, true}, // asked for before runs were named
		{options.Effect{FirstTry: true, Run: "another"}, false},
		{options.Effect{Run: "this"}, false},
	} {
		value, err := env.ExecuteActivity(try, test.effect)
		require.NoError(t, err)
		var first bool
		require.NoError(t, value.Get(&first))
		require.Equal(t, test.first, first, "%+v", test.effect)
	}
}
