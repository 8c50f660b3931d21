// Package monitors reaches the SessionMonitors of the live view through Temporal.
//
// Called by staffpage, whose port it implements. It owns what Temporal's errors
// mean for somebody who stands before the page. It promises that each call ends
// with its context, that the same update ID is carried out once, and that an error
// holds nothing of what was sent or answered, but for a Refusal, which is for the
// person who gave the command and for nobody else.
package monitors

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// Temporal implements staffpage.Monitors. Its client must return what it cannot
// unseal as an error, and not panic.
type Temporal struct{ client client.Client }

var _ staffpage.Monitors = (*Temporal)(nil)

// New uses a client that somebody else closes.
func New(temporal client.Client) *Temporal { return &Temporal{client: temporal} }

// Status implements staffpage.Monitors.
func (t *Temporal) Status(ctx context.Context, id string) (session.Overview, error) {
	var overview session.Overview
	answer, err := t.client.QueryWorkflow(ctx, id, "", kit.QueryStatus)
	if err == nil {
		err = answer.Get(&overview)
	}
	if err != nil {
		return session.Overview{}, fmt.Errorf("status of %s: %w", id, meaning(ctx, err))
	}
	return overview, nil
}

// Update implements staffpage.Monitors.
func (t *Temporal) Update(ctx context.Context, workflow, id, name string, command any) (kit.Outcome, error) {
	var outcome kit.Outcome
	handle, err := t.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflow, UpdateID: id, UpdateName: name, Args: []any{command}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &outcome)
	}
	if err != nil {
		return kit.Outcome{}, fmt.Errorf("%s of %s: %w", name, workflow, meaning(ctx, err))
	}
	return outcome, nil
}

// meaning keeps what a person can go by, and drops the text, which may quote.
func meaning(ctx context.Context, err error) error {
	var missing *serviceerror.NotFound
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &missing):
		return staffpage.ErrNoMonitor
	case errors.As(err, &refused):
		return &staffpage.Refusal{Reason: refused.Message()}
	case ctx.Err() != nil:
		return fmt.Errorf("%w in time", staffpage.ErrSilent)
	}
	return fmt.Errorf("%w: %s", staffpage.ErrSilent, serviceerror.ToStatus(err).Code())
}
