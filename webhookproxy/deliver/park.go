package deliver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
	inboundevent "guestjourney/workflows/inbox"
)

// Park starts the InboundEvent of an event, whose ID makes it one. One that has
// closed stays closed: somebody has dealt with the event.
func (t *Temporal) Park(ctx context.Context, p parcel.Parcel) error {
	full, err := t.unrouted.full(ctx, p.Provider)
	if err != nil {
		return classify(err)
	}
	if full {
		return gateway.ErrFull
	}
	input, err := p.Unrouted()
	if err != nil {
		return err
	}
	// The workflow would start, and fail at once with the event inside.
	if problems := input.Problems(); len(problems) > 0 {
		return fmt.Errorf("%w: %s", gateway.ErrUnfit, strings.Join(problems, "; "))
	}
	_, err = t.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: inboundevent.ID(p.Provider, p.Key.String()), TaskQueue: options.QueueJourneys, StaticSummary: input.Summary(),
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, inboundevent.Type, input)
	var known *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &known) {
		return nil
	}
	if err == nil {
		t.unrouted.more(p.Provider)
	}
	return classify(err)
}

// Limits of the events of one provider that have no workflow.
const (
	maxUnrouted = 100
	// countFresh is how long a count serves: visibility is asked seldom, and what
	// this process starts meanwhile is added.
	countFresh = 10 * time.Second
)

// unrouted counts open InboundEvents by provider.
type unrouted struct {
	client client.Client
	now    func() time.Time

	mutex  sync.Mutex
	counts map[string]count
}

type count struct {
	open int64
	at   time.Time
}

func newUnrouted(c client.Client, now func() time.Time) *unrouted {
	return &unrouted{client: c, now: now, counts: map[string]count{}}
}

// full says whether a provider has as many as may be.
func (u *unrouted) full(ctx context.Context, provider string) (bool, error) {
	u.mutex.Lock()
	known, found := u.counts[provider]
	u.mutex.Unlock()
	if !found || u.now().Sub(known.at) > countFresh {
		// The provider's name is one of our own table.
		answer, err := u.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: fmt.Sprintf(
			"WorkflowType = '%s' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '%s'", inboundevent.Type, inboundevent.ID(provider, ""),
		)})
		if err != nil {
			return false, err
		}
		known = count{open: answer.GetCount(), at: u.now()}
		u.mutex.Lock()
		u.counts[provider] = known
		u.mutex.Unlock()
	}
	return known.open >= maxUnrouted, nil
}

func (u *unrouted) more(provider string) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	known := u.counts[provider]
	known.open++
	u.counts[provider] = known
}
