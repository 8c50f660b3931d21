package kit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/workflows/kit"
)

func TestPastDueQuery(t *testing.T) {
	now := time.Date(2027, 3, 2, 10, 5, 0, 0, time.FixedZone("", 3600))
	require.Equal(t, "NextDeadline < '2027-03-02T08:55:00Z' AND ExecutionStatus = 'Running'", kit.PastDueQuery(now))
}

func TestIsParked(t *testing.T) {
	require.True(t, kit.IsParked([]string{"message_in", "parked:sms.offer"}))
	require.False(t, kit.IsParked([]string{"retrying:parked", "message_in"}))
	require.False(t, kit.IsParked(nil))
}
