package kit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/workflows/kit"
)

func TestIsParked(t *testing.T) {
	require.True(t, kit.IsParked([]string{"message_in", "parked:sms.offer"}))
	require.False(t, kit.IsParked([]string{"retrying:parked", "message_in"}))
	require.False(t, kit.IsParked(nil))
}

func TestIsRetrying(t *testing.T) {
	require.True(t, kit.IsRetrying([]string{"message_in", "retrying:sms.offer"}))
	require.False(t, kit.IsRetrying([]string{"parked:retrying:", "message_in"}))
}
