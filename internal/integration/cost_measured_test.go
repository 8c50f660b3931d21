package integration

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// cost is what workflows have used.
type cost struct {
	Events, Tasks, Actions, Upserts int
	Bytes                           int64
}

func (c *cost) add(other cost) {
	c.Events += other.Events
	c.Tasks += other.Tasks
	c.Actions += other.Actions
	c.Upserts += other.Upserts
	c.Bytes += other.Bytes
}

// measure reads what one run has used so far.
func measure(t *testing.T, temporal client.Client, workflowID, runID string) cost {
	t.Helper()
	described, err := temporal.DescribeWorkflowExecution(t.Context(), workflowID, runID)
	require.NoError(t, err)
	info := described.GetWorkflowExecutionInfo()
	events := eventsOf(t, temporal, workflowID, runID)
	require.EqualValues(t, info.GetHistoryLength(), len(events), "%s went on while it was measured", workflowID)
	used := tally(events)
	used.Bytes = info.GetHistorySizeBytes()
	return used
}

func eventsOf(t *testing.T, temporal client.Client, workflowID, runID string) []*history.HistoryEvent {
	t.Helper()
	var list []*history.HistoryEvent
	events := temporal.GetWorkflowHistory(context.Background(), workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		list = append(list, event)
	}
	return list
}

// tally counts a history's events.
func tally(events []*history.HistoryEvent) cost {
	used := cost{Events: len(events)}
	marked := int64(0) // the task whose markers are billed already: all of a task are one action
	for _, event := range events {
		switch event.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			used.Tasks++
		case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			used.Upserts++
		case enums.EVENT_TYPE_MARKER_RECORDED:
			if task := event.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId(); task != marked {
				used.Actions++
				marked = task
			}
		}
		used.Actions += actionsOf(event)
	}
	return used
}

// actionsOf is Temporal Cloud's table from event to billed actions. Queries and
// heartbeats leave no event, and are not counted.
func actionsOf(event *history.HistoryEvent) int {
	switch event.GetEventType() {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		if event.GetWorkflowExecutionStartedEventAttributes().GetParentWorkflowExecution() != nil {
			return 0 // the parent's two
		}
		return 1
	case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		return 2
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED: // retries; the first try is billed as scheduled
		return int(event.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, enums.EVENT_TYPE_TIMER_STARTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		return 1
	}
	return 0
}

// wasteful lists the upserts of a history that share a task with another, or
// tell nothing new.
func wasteful(events []*history.HistoryEvent) []string {
	var found []string
	shown, last := map[string]*commonpb.Payload{}, int64(0)
	for _, event := range events {
		upsert := event.GetUpsertWorkflowSearchAttributesEventAttributes()
		if upsert == nil {
			continue
		}
		if upsert.GetWorkflowTaskCompletedEventId() == last {
			found = append(found, fmt.Sprintf("event %d is the second of its task", event.GetEventId()))
		}
		last = upsert.GetWorkflowTaskCompletedEventId()
		fields := upsert.GetSearchAttributes().GetIndexedFields()
		for name, value := range fields {
			if known, told := shown[name]; told && bytes.Equal(known.GetData(), value.GetData()) {
				found = append(found, fmt.Sprintf("event %d repeats %s", event.GetEventId(), name))
			}
			shown[name] = value
		}
		if len(fields) == 0 {
			found = append(found, fmt.Sprintf("event %d is empty", event.GetEventId()))
		}
	}
	slices.Sort(found)
	return found
}
