package rotation_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	vault "guestjourney/activities/rotation"
	"guestjourney/workflows/rotation"
)

func TestARoundBeginsWhatIsDue(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(rotation.Round, workflow.RegisterOptions{Name: rotation.RoundType})
	var begun []string
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, input rotation.Input) (rotation.Result, error) {
		begun = append(begun, workflow.GetInfo(ctx).WorkflowExecution.ID+" of "+input.Secret)
		return rotation.Result{}, nil
	}, workflow.RegisterOptions{Name: rotation.Type})
	env.RegisterActivityWithOptions(func(context.Context, vault.Question) (vault.Due, error) {
		return vault.Due{Secrets: []string{stripe, signing}}, nil
	}, activity.RegisterOptions{Name: vault.Prefix + "Due"})
	env.ExecuteWorkflow(rotation.RoundType)
	var result rotation.RoundResult
	require.NoError(t, env.GetWorkflowResult(&result))
	assert.Equal(t, rotation.RoundResult{Due: []string{stripe, signing}, Begun: []string{stripe, signing}}, result)
	assert.Equal(t, []string{"rotation/" + stripe + " of " + stripe, "rotation/" + signing + " of " + signing}, begun)
}
