package deliver

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/webhookproxy/gateway"
)

var _ gateway.Asker = (*Temporal)(nil)

// Ask implements gateway.Asker. It waits as long as the context lets it: while no
// worker is there, that long.
func (t *Temporal) Ask(ctx context.Context, update gateway.Update) error {
	handle, err := t.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: update.WorkflowID, UpdateID: update.ID, UpdateName: update.Name, Args: []any{update.Input},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, update.Result)
	}
	return asked(update.Name, err)
}

// asked keeps an error's kind, and drops its text: that may quote an argument.
func asked(name string, err error) error {
	var refused *temporal.ApplicationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return fmt.Errorf("the workflow refused the update %s", name)
	}
	return fmt.Errorf("the update %s was not answered: %w", name, classify(err))
}
