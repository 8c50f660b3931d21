package journey

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/wording"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
)

// booked: the place is confirmed, and the guest hears so.
func (j *journey) booked(ctx workflow.Context) (string, error) {
	j.tellSession(ctx, j.placeStep("session.confirm"), appointment.Command{Kind: "confirm"})
	for round := 1; ; round++ {
		deadline := j.core.Deadline(fmt.Sprintf("confirmation %d", round), workflow.Now(ctx).Add(j.patience()), kit.ClassInventory, "attention: the place is not confirmed")
		wake, err := j.core.Until(ctx, deadline, j.placeConfirmed)
		if err != nil {
			return "", err
		}
		j.core.Drop(deadline.Name)
		if wake == kit.Ready {
			break
		}
		// A paid guest without a place: an operator reschedules or cancels.
		j.core.Raise(ctx, "not_confirmed")
	}
	j.core.Settle("not_confirmed")
	if err := j.record(ctx, crm.StageBooked, "Deposit paid, place confirmed"); err != nil {
		return "", err
	}
	err := j.say(ctx, "confirmation", wording.Confirmation, map[string]string{
		"program": j.program().Label, "start": j.state.Arrival,
	}, j.state.ArrivalAt)
	return j.next(StageBooked), err
}

func (j *journey) placeConfirmed() bool {
	return slices.Contains([]string{"confirmed", "moved", "started", "done"}, j.state.Session.State)
}
