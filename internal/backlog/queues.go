package backlog

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// Queue is a task queue whose backlog is measured.
type Queue struct {
	Name string
	// Workflows says that it has workflow tasks besides those of activities.
	Workflows bool
}

// types are the kinds of tasks in the queue, by their names as labels.
func (q Queue) types() map[string]enums.TaskQueueType {
	found := map[string]enums.TaskQueueType{"activity": enums.TASK_QUEUE_TYPE_ACTIVITY}
	if q.Workflows {
		found["workflow"] = enums.TASK_QUEUE_TYPE_WORKFLOW
	}
	return found
}

// line is one kind of tasks of one queue.
type line struct{ queue, tasks string }

// waiting is how many tasks wait for a worker, and for how long the oldest has.
type waiting struct {
	depth int64
	age   time.Duration
}

// measureQueues returns the backlog of every queue, or none and an error. A server
// that counts no tasks, from before 1.27, leaves them out.
func measureQueues(ctx context.Context, temporal Temporal, watched Watched) (map[line]waiting, error) {
	found := map[line]waiting{}
	for _, queue := range watched.Queues {
		for tasks, kind := range queue.types() {
			answer, err := temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
				Namespace: watched.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: queue.Name, Kind: enums.TASK_QUEUE_KIND_NORMAL},
				TaskQueueType: kind, ReportStats: true,
			})
			if err != nil {
				return nil, fmt.Errorf("describe task queue %s: %w", queue.Name, err)
			}
			if stats := answer.GetStats(); stats != nil {
				found[line{queue.Name, tasks}] = waiting{stats.GetApproximateBacklogCount(), stats.GetApproximateBacklogAge().AsDuration()}
			}
		}
	}
	return found, nil
}
