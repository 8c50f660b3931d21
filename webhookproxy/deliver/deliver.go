// Package deliver hands verified events to Temporal.
//
// Called by the gateway, through its interfaces Signaller and Asker. It owns the words of
// Temporal's errors. It promises that nil means accepted, that the same request
// ID is one signal, and that no error quotes what was sent.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"

	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
)

// Temporal is the gateway's Signaller and Asker.
type Temporal struct {
	client   client.Client
	unrouted *unrouted
}

var _ gateway.Signaller = (*Temporal)(nil)

// New makes a Signaller of a client from internal/temporalclient, whose
// interceptor sets the request ID.
func New(c client.Client) *Temporal { return &Temporal{client: c, unrouted: newUnrouted(c, time.Now)} }

// Signal signals the workflow, or starts it with the signal.
func (t *Temporal) Signal(ctx context.Context, requestID string, signal providers.Signal) error {
	ctx = temporalclient.WithRequestID(ctx, requestID)
	if signal.Start == nil {
		return classify(t.client.SignalWorkflow(ctx, signal.WorkflowID, "", signal.Name, signal.Fact))
	}
	// A claim is an entity: it ends when nobody needs it and begins again.
	_, err := t.client.SignalWithStartWorkflow(ctx, signal.WorkflowID, signal.Name, signal.Fact, client.StartWorkflowOptions{
		ID: signal.WorkflowID, TaskQueue: signal.Start.TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, signal.Start.WorkflowType, signal.Start.Input)
	return classify(err)
}

// classify maps an error. What is not certainly permanent is worth another try
// of the sender's: a timeout may have been accepted, which the request ID makes
// harmless, and a wrong setting will be put right.
func classify(err error) error {
	var notFound *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &notFound):
		return missing(err)
	case isTooLarge(err):
		return fmt.Errorf("%w: %s", gateway.ErrTooLarge, code(err))
	default:
		return fmt.Errorf("%w: %s", gateway.ErrUnavailable, code(err))
	}
}

// missing tells a workflow that has closed from one that never was, by the
// server's words: their code is the same.
func missing(err error) error {
	if strings.Contains(err.Error(), "already completed") {
		return fmt.Errorf("%w: %s", gateway.ErrClosed, code(err))
	}
	return fmt.Errorf("%w: %s", gateway.ErrNoWorkflow, code(err))
}

// isTooLarge knows two limits by their words, because their codes do not tell:
// a payload beyond the server's blob limit is InvalidArgument like every bad
// argument, and a message beyond gRPC's limit is ResourceExhausted like every
// rate limit.
func isTooLarge(err error) bool {
	text := err.Error()
	switch code(err) {
	case codes.InvalidArgument:
		return strings.Contains(text, "size exceeds limit")
	case codes.ResourceExhausted:
		return strings.Contains(text, "larger than max") || strings.Contains(text, "message too large")
	}
	return false
}

// code is all of an error that is shown: its text may quote an argument.
func code(err error) codes.Code { return serviceerror.ToStatus(err).Code() }
