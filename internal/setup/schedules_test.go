package setup

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"guestjourney/internal/devserver"
	"guestjourney/workflows/health"
	"guestjourney/workflows/rotation"
)

func TestSchedules(t *testing.T) {
	connection := devserver.Start(t).Client()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ensure := func() []string {
		changed, err := Schedules(ctx, connection)
		require.NoError(t, err)
		return changed
	}

	var together errgroup.Group
	for range 4 {
		together.Go(func() error {
			_, err := Schedules(ctx, connection)
			return err
		})
	}
	require.NoError(t, together.Wait(), "several at the same time")
	assert.Empty(t, ensure(), "the second time nothing changes")
	for id, want := range map[string]struct {
		every        time.Duration
		workflowType string
	}{
		PingSchedule:     {time.Minute, health.CheckType},
		FunctionSchedule: {15 * time.Minute, health.DeepCheckType},
		RotationSchedule: {24 * time.Hour, rotation.RoundType},
	} {
		t.Run(id, func(t *testing.T) {
			handle := connection.ScheduleClient().GetHandle(ctx, id)
			present := func() client.Schedule {
				found, err := handle.Describe(ctx)
				require.NoError(t, err)
				return found.Schedule
			}
			made := present()
			assert.Equal(t, []client.ScheduleIntervalSpec{{Every: want.every}}, made.Spec.Intervals)
			assert.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, made.Policy.Overlap)
			assert.Equal(t, time.Minute, made.Policy.CatchupWindow)
			assert.Equal(t, want.workflowType, made.Action.(*client.ScheduleWorkflowAction).Workflow)
			assert.False(t, made.State.Paused)

			require.NoError(t, handle.Pause(ctx, client.SchedulePauseOptions{Note: "the provider moves house"}))
			assert.Empty(t, ensure())
			assert.True(t, present().State.Paused, "what an operator has paused stays paused")

			require.NoError(t, handle.Update(ctx, client.ScheduleUpdateOptions{
				DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
					input.Description.Schedule.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}}
					return &client.ScheduleUpdate{Schedule: &input.Description.Schedule}, nil
				},
			}))
			assert.Equal(t, []string{id}, ensure(), "an older release's schedule is brought up to date")
			again := present()
			assert.Equal(t, []client.ScheduleIntervalSpec{{Every: want.every}}, again.Spec.Intervals)
			assert.True(t, again.State.Paused, "paused all the same")
			assert.Equal(t, "the provider moves house", again.State.Note)
		})
	}
	assert.ElementsMatch(t, []string{PingSchedule, FunctionSchedule, RotationSchedule}, ScheduleIDs())
}

func TestSchedulesOfAServerThatIsNotThere(t *testing.T) {
	connection, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = Schedules(ctx, connection)
	require.ErrorContains(t, err, "schedule health-ping is not ready")
}
