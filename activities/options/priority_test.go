package options_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/internal/devserver"
)

// TestThePressingGoesFirst lets calls of every priority wait for a worker, the
// least pressing the longest, and then has them made one by one.
func TestThePressingGoesFirst(t *testing.T) {
	server := devserver.Start(t)
	const queue, each = "priorities", 4
	priorities := []int{options.PriorityMarketing, options.PriorityCommunity, options.PriorityMessage, options.PriorityBinding, options.PriorityAlarm}
	flow := func(ctx workflow.Context) error {
		var calls []options.Result[bool]
		for _, priority := range priorities {
			for range each {
				calls = append(calls, options.Read[int, bool](ctx, options.Outside.At(priority), "outside", "call", "call", priority))
			}
		}
		for _, call := range calls {
			if _, err := call.Get(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	flows := worker.New(server.Client(), queue, worker.Options{DisableRegistrationAliasing: true})
	flows.RegisterWorkflowWithOptions(flow, workflow.RegisterOptions{Name: "flow"})
	require.NoError(t, flows.Start())
	t.Cleanup(flows.Stop)
	run, err := server.Client().ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: queue}, "flow")
	require.NoError(t, err)
	// A pending activity is in its queue a moment later.
	require.Eventually(t, func() bool {
		described, err := server.Client().WorkflowService().DescribeTaskQueue(t.Context(), &workflowservice.DescribeTaskQueueRequest{
			Namespace: devserver.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: "outside"},
			TaskQueueType: enums.TASK_QUEUE_TYPE_ACTIVITY, ReportStats: true,
		})
		return err == nil && described.GetStats().GetApproximateBacklogCount() == int64(each*len(priorities))
	}, 20*time.Second, 20*time.Millisecond)

	var mutex sync.Mutex
	var order []int
	calls := worker.New(server.Client(), "outside", worker.Options{
		MaxConcurrentActivityExecutionSize: 1, MaxConcurrentActivityTaskPollers: 1, DisableWorkflowWorker: true,
	})
	calls.RegisterActivityWithOptions(func(_ context.Context, priority int) (bool, error) {
		mutex.Lock()
		defer mutex.Unlock()
		order = append(order, priority)
		return true, nil
	}, activity.RegisterOptions{Name: "call"})
	require.NoError(t, calls.Start())
	t.Cleanup(calls.Stop)
	require.NoError(t, run.Get(t.Context(), nil))
	assert.True(t, slices.IsSorted(order), "made in the order %v", order)
}
