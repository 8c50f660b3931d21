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
	"guestjourney/workflows/rotation"
)

// IDs of the Schedules: those which start HealthCheck, DeepHealthCheck and
// RotationRound.
const (
	PingSchedule     = "health-ping"
	FunctionSchedule = "health-function"
	RotationSchedule = "secret-rotation"
)

// schedule is one Schedule as it should be. A workflow that it starts takes no
// input: the set-up has no keys, and a worker refuses what is not encrypted.
type schedule struct {
	id    string
	every time.Duration
	// workflowID begins the IDs of what it starts; the server adds the instant.
	workflowID   string
	workflowType string
	note         string
}

var schedules = []schedule{
	{PingSchedule, time.Minute, "health/check", health.CheckType, "asks every provider whether it can be used"},
	{FunctionSchedule, 15 * time.Minute, "health/deep", health.DeepCheckType, "has providers do what they are there for, without a guest"},
	{RotationSchedule, 24 * time.Hour, "rotation/round", rotation.RoundType, "begins a rotation of each secret that has been in force for long"},
}

// ScheduleIDs are the IDs of all Schedules.
func ScheduleIDs() []string {
	ids := make([]string, len(schedules))
	for at, one := range schedules {
		ids[at] = one.id
	}
	return ids
}

// Schedules makes the Schedules in the connection's own namespace, and gives one
// that is there the present interval, policies and action. Whether it is paused
// is its operators' business and stays. It returns the IDs of those that it has
// made or changed, and waits for the server until the context ends.
func Schedules(ctx context.Context, connection client.Client) (changed []string, err error) {
	for _, one := range schedules {
		err := keepTrying(ctx, "schedule "+one.id, func(ctx context.Context) error {
			limited, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			did, err := one.ensure(limited, connection.ScheduleClient())
			if did {
				changed = append(changed, one.id)
			}
			return err
		})
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func (s schedule) ensure(ctx context.Context, schedules client.ScheduleClient) (changed bool, err error) {
	_, err = schedules.Create(ctx, client.ScheduleOptions{
		ID: s.id, Spec: s.spec(), Action: s.action(), Overlap: s.policy().Overlap, CatchupWindow: s.policy().CatchupWindow, Note: s.note,
	})
	switch {
	case err == nil:
		return true, nil
	case !errors.Is(err, temporal.ErrScheduleAlreadyRunning):
		return false, fmt.Errorf("create it: %w", err)
	}
	err = schedules.GetHandle(ctx, s.id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			present := input.Description.Schedule
			if s.is(present) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			changed = true
			spec, policy := s.spec(), s.policy()
			present.Spec, present.Policy, present.Action = &spec, &policy, s.action()
			return &client.ScheduleUpdate{Schedule: &present}, nil
		},
	})
	if err != nil {
		return false, fmt.Errorf("update it: %w", err)
	}
	return changed, nil
}

// policy: a check that still runs is not doubled, and what was missed while the
// server was down is not made up for.
func (s schedule) policy() client.SchedulePolicies {
	return client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: time.Minute}
}

func (s schedule) spec() client.ScheduleSpec {
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.every}}}
}

func (s schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: s.workflowID, Workflow: s.workflowType, TaskQueue: options.QueueJourneys}
}

// is says whether a Schedule is what it should be, apart from its state.
func (s schedule) is(present client.Schedule) bool {
	action, starts := present.Action.(*client.ScheduleWorkflowAction)
	return starts && action.ID == s.workflowID && action.Workflow == s.workflowType && action.TaskQueue == options.QueueJourneys &&
		len(action.Args) == 0 && present.Policy != nil && *present.Policy == s.policy() &&
		present.Spec != nil && len(present.Spec.Intervals) == 1 && present.Spec.Intervals[0] == s.spec().Intervals[0] &&
		len(present.Spec.Calendars)+len(present.Spec.CronExpressions) == 0
}
