package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

func details(t *testing.T, stay *worldtest.Stay) string {
	t.Helper()
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, "__temporal_workflow_metadata")
	require.NoError(t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, value.Get(&metadata))
	return metadata.GetCurrentDetails()
}

func ask[R any](t *testing.T, stay *worldtest.Stay, query string, input any) (R, error) {
	t.Helper()
	var answer R
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, query, input)
	if err != nil {
		return answer, err
	}
	require.NoError(t, value.Get(&answer))
	return answer, nil
}

// What the preview says is what the cancellation then does.
func TestAPreviewedCancellationIsTheCancellation(t *testing.T) {
	for name, test := range map[string]struct {
		at     time.Duration
		refund string
		role   string
	}{
		"early, all of it":     {6 * time.Hour, "", "operator"},
		"70 days before":       {22 * day, "", "operator"},
		"with the balance in":  {63 * day, "", "operator"},
		"in full by a manager": {80 * day, "full", "manager"},
		"too late":             {80 * day, "", "operator"},
	} {
		t.Run(name, func(t *testing.T) {
			visit := at(t, journey.StagePreArrival)
			visit.at = test.at
			var preview journey.CancelPreview
			result := visiting(t, visit, func(stay *worldtest.Stay) {
				before := status(t, stay)
				var err error
				preview, err = ask[journey.CancelPreview](t, stay, journey.QueryPreviewCancel, journey.AskCancel{By: "guest", Refund: test.refund, ReceivedAt: stay.Now()})
				require.NoError(t, err)
				assert.Equal(t, before, status(t, stay), "the preview changed something")
				assert.Contains(t, preview.Released, "place appt/J1")
				assert.Equal(t, []string{"cancellation by email", "cancellation by sms"}, preview.Messages)
				command := cancelByGuest()
				command.Refund, command.Role = test.refund, test.role
				stay.Command(worldtest.JourneyID, kit.UpdateCancel, command, nil)
			})
			assert.Equal(t, result.RefundedMinor, preview.RefundMinor)
			var captured int64
			for _, line := range preview.Refunds {
				captured += line.CapturedMinor
				assert.NotEmpty(t, line.Rule)
			}
			assert.Equal(t, result.CapturedMinor, captured)
		})
	}
}

func TestAPreviewOfACancellationSaysWhyNot(t *testing.T) {
	visiting(t, at(t, journey.StageCancelling), func(stay *worldtest.Stay) {
		preview, err := ask[journey.CancelPreview](t, stay, journey.QueryPreviewCancel, journey.AskCancel{})
		require.NoError(t, err)
		assert.Equal(t, "the journey is cancelling; there is nothing left to cancel", preview.Rejected)
		_, err = ask[journey.CancelPreview](t, stay, journey.QueryPreviewCancel, map[string]any{"by": "fate", "sauna": 1})
		require.ErrorContains(t, err, "sauna: unknown field")
		_, err = ask[journey.CancelPreview](t, stay, journey.QueryPreviewCancel, map[string]any{"by": "fate"})
		require.ErrorContains(t, err, "by: want")
	})
}

func TestAPreviewOfAMoveNamesItsTimersAndConflicts(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		move := func(start string) journey.ReschedulePreview {
			preview, err := ask[journey.ReschedulePreview](t, stay, journey.QueryPreviewReschedule, journey.AskReschedule{Start: start})
			require.NoError(t, err)
			return preview
		}
		good := move("2027-06-04T09:00:00")
		assert.Empty(t, good.Rejected)
		assert.Empty(t, good.Conflicts)
		assert.Equal(t, "none", good.Fee)
		assert.Equal(t, []string{
			"reminder 24h sms rev 2: the same time of day 1 d before 2027-06-04T09:00:00",
			"reminder 24h email rev 2: the same time of day 1 d before 2027-06-04T09:00:00",
			"reminder 1h sms rev 2: 1h0m0s before 2027-06-04T09:00:00",
			"start rev 2: 2027-06-04T09:00:00",
		}, good.Created)
		require.Len(t, good.Dropped, 4)
		assert.Contains(t, good.Dropped[3], "start rev 1: ")
		assert.Equal(t, []string{"it starts before the guest arrives (Tue 1 Jun 2027, 15:00 (America/Mexico_City))"}, move("2027-06-01T09:00:00").Conflicts)
		assert.Equal(t, []string{"it ends after the guest departs"}, move("2027-06-08T12:00:00").Conflicts)
		assert.Contains(t, move("soon").Rejected, "start: want a wall-clock time")
		assert.Contains(t, move("2027-01-01T09:00:00").Rejected, "is past")
	})
	visiting(t, at(t, journey.StageConversing), func(stay *worldtest.Stay) {
		preview, err := ask[journey.ReschedulePreview](t, stay, journey.QueryPreviewReschedule, journey.AskReschedule{Start: "2027-06-04T09:00:00"})
		require.NoError(t, err)
		assert.Equal(t, "there is no session to move in stage conversing", preview.Rejected)
	})
}
