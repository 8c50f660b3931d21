package journey

import (
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// waitlisted: the place is given back, and an operator moves the guest on when
// another one comes free. At the arrival it is too late.
func (j *journey) waitlisted(ctx workflow.Context) (string, error) {
	j.givePlaceBack(ctx)
	if err := j.awaitEnd(ctx, "place", j.placeGone); err != nil {
		return "", err
	}
	j.state.Waited = j.state.Places
	deadline := j.core.Deadline("waiting list", j.state.ArrivalAt, kit.ClassInventory, "lost: no place came free")
	if _, err := j.core.Until(ctx, deadline, func() bool { return false }); err != nil {
		return "", err
	}
	return j.lose("no_place"), nil
}
