package kit_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// A step that parked where nobody can try it again would wait for ever, so none can
// be made there.
func TestNoStepWithoutTheCommandThatTriesItAgain(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivityWithOptions(func(context.Context, any) (string, error) { return "", nil }, activity.RegisterOptions{Name: "echo"})
	var common kit.Common
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx, core := kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
		kit.OfferHold(ctx, core, nil, nil)
		_, err := kit.Do(ctx, core, kit.Step[string, string]{Name: "pay", Request: "10", Call: callEcho})
		return err
	})
	assert.ErrorContains(t, env.GetWorkflowError(), "step pay: the workflow offers no retry_step")
}
