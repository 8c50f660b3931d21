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
)

func TestSchedules(t *testing.T) {
	connection := devserver.Start(t).Client()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	handle := connection.ScheduleClient().GetHandle(ctx, PingSchedule)
	ensure := func() []string {
		changed, err := Schedules(ctx, connection)
		require.NoError(t, err)
		return changed
	}
	present := func() client.Schedule {
		found, err := handle.Describe(ctx)
		require.NoError(t, err)
		return found.Schedule
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
	made := present()
	assert.Equal(t, []client.ScheduleIntervalSpec{{Every: time.Minute}}, made.Spec.Intervals)
	assert.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, made.Policy.Overlap)
	assert.Equal(t, time.Minute, made.Policy.CatchupWindow)
	assert.Equal(t, health.CheckType, made.Action.(*client.ScheduleWorkflowAction).Workflow)
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
	assert.Equal(t, []string{PingSchedule}, ensure(), "an older release's schedule is brought up to date")
	again := present()
	assert.Equal(t, []client.ScheduleIntervalSpec{{Every: time.Minute}}, again.Spec.Intervals)
	assert.True(t, again.State.Paused, "paused all the same")
	assert.Equal(t, "the provider moves house", again.State.Note)
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
