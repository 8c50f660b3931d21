package backlog

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"guestjourney/internal/views"
	"guestjourney/workflows/kit"
)

// Temporal is the part of Temporal's client that is asked.
type Temporal interface {
	CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
	ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	WorkflowService() workflowservice.WorkflowServiceClient
}

// figures are those of one workflow type.
type figures struct{ pastDue, attention, parked, retrying int64 }

// The parked and the retrying among those that wait for a person are counted from
// a list. Beyond
// pages of pageSize the count is a lower bound, which alerts as well.
const (
	pageSize = 1000
	pages    = 10
)

// measure returns the figures of every type, or none and an error.
func measure(ctx context.Context, temporal Temporal, types []string, now time.Time) (map[string]figures, error) {
	steps, err := countSteps(ctx, temporal)
	if err != nil {
		return nil, err
	}
	all := make(map[string]figures, len(types))
	for _, name := range types {
		one := steps[name]
		if one.pastDue, err = count(ctx, temporal, name, views.PastDue(now)); err != nil {
			return nil, err
		}
		if one.attention, err = count(ctx, temporal, name, views.Attention()); err != nil {
			return nil, err
		}
		all[name] = one
	}
	return all, nil
}

func count(ctx context.Context, temporal Temporal, workflowType, query string) (int64, error) {
	query += " AND WorkflowType = '" + workflowType + "'"
	answer, err := temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return 0, fmt.Errorf("count workflows where %s: %w", query, err)
	}
	return answer.GetCount(), nil
}

func countSteps(ctx context.Context, temporal Temporal) (map[string]figures, error) {
	found := map[string]figures{}
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: views.Attention(), PageSize: pageSize}
	for range pages {
		answer, err := temporal.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list workflows where %s: %w", request.GetQuery(), err)
		}
		for _, info := range answer.GetExecutions() {
			reasons, err := attentionOf(info)
			if err != nil {
				return nil, err
			}
			one := found[info.GetType().GetName()]
			if kit.IsParked(reasons) {
				one.parked++
			}
			if kit.IsRetrying(reasons) {
				one.retrying++
			}
			found[info.GetType().GetName()] = one
		}
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	return found, nil
}

func attentionOf(info *workflow.WorkflowExecutionInfo) ([]string, error) {
	name := kit.AttributeAttention.GetName()
	var reasons []string
	payload := info.GetSearchAttributes().GetIndexedFields()[name]
	if payload == nil {
		return nil, nil
	}
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &reasons); err != nil {
		return nil, fmt.Errorf("search attribute %s of %s is no list of keywords; register it as KeywordList: %w", name, info.GetExecution().GetWorkflowId(), err)
	}
	return reasons, nil
}
