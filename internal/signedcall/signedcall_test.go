package signedcall_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/signedcall"
)

// TestAnIDIsForOneCall: neither another path nor another method takes it, and no two
// are the same.
func TestAnIDIsForOneCall(t *testing.T) {
	id := signedcall.ID("PUT", "/sessions/S1")
	require.True(t, signedcall.Matches(id, "PUT", "/sessions/S1"))
	require.False(t, signedcall.Matches(id, "PUT", "/sessions/S2"))
	require.False(t, signedcall.Matches(id, "POST", "/sessions/S1"))
	require.False(t, signedcall.Matches("", "PUT", "/sessions/S1"))
	require.NotContains(t, id, ".", "Standard Webhooks signs ID, time and body with dots between them")
	require.NotEqual(t, id, signedcall.ID("PUT", "/sessions/S1"))
}
