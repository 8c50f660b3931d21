package rotation

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/rotation"
)

// Round is RotationRound: it begins a rotation of each secret that is due, and
// leaves those alone that are under way. It takes no input: its Schedule is made
// by the set-up, which has no keys, and a worker refuses what is not encrypted.
func Round(ctx workflow.Context) (RoundResult, error) {
	due, err := rotation.AskDue(ctx).Get(ctx)
	if err != nil {
		return RoundResult{}, err
	}
	result := RoundResult{Due: due.Secrets}
	for _, secret := range due.Secrets {
		begun, err := begin(ctx, secret)
		if err != nil {
			return result, err
		}
		if begun {
			result.Begun = append(result.Begun, secret)
		}
	}
	return result, nil
}

// begin starts a rotation, which lives its own life.
func begin(ctx workflow.Context, secret string) (begun bool, err error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            IDPrefix + secret,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	})
	err = workflow.ExecuteChildWorkflow(ctx, Type, Input{Secret: secret}).GetChildWorkflowExecution().Get(ctx, nil)
	var already *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &already) {
		return false, nil
	}
	return err == nil, err
}
