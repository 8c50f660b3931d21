package proxytest

import (
	"errors"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// claims are those of the guests who write.
func claims() []string {
	ids := make([]string, writers)
	for guest := range ids {
		ids[guest] = claimOf(guest)
	}
	return ids
}

// renewClaims makes the claims continue as new, with texts still to come again.
func (h *house) renewClaims() {
	h.t.Helper()
	for _, id := range claims() {
		err := h.client.SignalWorkflow(h.t.Context(), id, "", kit.SignalContinueAsNew, kit.Empty{})
		var none *serviceerror.NotFound
		if !errors.As(err, &none) { // nobody has written yet
			require.NoError(h.t, err)
		}
	}
}

// bindClaims gives every claim an owner, to whom it hands on all it has kept.
func (h *house) bindClaims() {
	h.t.Helper()
	for guest, id := range claims() {
		h.receivers(0, "guest/"+refOf(guest))
		bound, err := h.client.UpdateWorkflow(h.t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: profile.UpdateBind, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{profile.Bind{GuestRef: refOf(guest)}},
		})
		require.NoError(h.t, err)
		var result profile.BindResult
		require.NoError(h.t, bound.Get(h.t.Context(), &result))
		require.Equal(h.t, refOf(guest), result.GuestRef)
	}
}
