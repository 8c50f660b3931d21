package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/options"
	"guestjourney/workflows/health"
)

// PingSchedule is the ID of the Schedule that starts HealthCheck.
const PingSchedule = "health-ping"

const (
	pingEvery = time.Minute
	// pingID begins the workflow IDs of the checks; the server adds the instant.
	pingID = "health/check"
)

// Schedules makes the Schedules in the connection's own namespace, and gives one
// that is there the present interval, policies and action. Whether it is paused
// is its operators' business and stays. It returns the IDs of those that it has
// made or changed, and waits for the server until the context ends.
func Schedules(ctx context.Context, connection client.Client) (changed []string, err error) {
	err = keepTrying(ctx, "schedule "+PingSchedule, func(ctx context.Context) error {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		did, err := ensurePing(limited, connection.ScheduleClient())
		if did {
			changed = []string{PingSchedule}
		}
		return err
	})
	return changed, err
}

func ensurePing(ctx context.Context, schedules client.ScheduleClient) (changed bool, err error) {
	_, err = schedules.Create(ctx, client.ScheduleOptions{
		ID: PingSchedule, Spec: pingSpec(), Action: pingAction(),
		Overlap: pingPolicy.Overlap, CatchupWindow: pingPolicy.CatchupWindow, Note: "asks every provider whether it can be used",
	})
	switch {
	case err == nil:
		return true, nil
	case !errors.Is(err, temporal.ErrScheduleAlreadyRunning):
		return false, fmt.Errorf("create it: %w", err)
	}
	err = schedules.GetHandle(ctx, PingSchedule).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			present := input.Description.Schedule
			if isPing(present) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			changed = true
			spec := pingSpec()
			present.Spec, present.Policy, present.Action = &spec, &pingPolicy, pingAction()
			return &client.ScheduleUpdate{Schedule: &present}, nil
		},
	})
	if err != nil {
		return false, fmt.Errorf("update it: %w", err)
	}
	return changed, nil
}

// pingPolicy: a check that still runs is not doubled, and what was missed while
// the server was down is not made up for.
var pingPolicy = client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: time.Minute}

func pingSpec() client.ScheduleSpec {
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: pingEvery}}}
}

func pingAction() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: pingID, Workflow: health.CheckType, TaskQueue: options.QueueJourneys}
}

// isPing says whether a Schedule is what it should be, apart from its state.
func isPing(present client.Schedule) bool {
	action, starts := present.Action.(*client.ScheduleWorkflowAction)
	return starts && action.ID == pingID && action.Workflow == health.CheckType && action.TaskQueue == options.QueueJourneys &&
		len(action.Args) == 0 && present.Policy != nil && *present.Policy == pingPolicy &&
		present.Spec != nil && len(present.Spec.Intervals) == 1 && present.Spec.Intervals[0] == pingSpec().Intervals[0] &&
		len(present.Spec.Calendars)+len(present.Spec.CronExpressions) == 0
}
