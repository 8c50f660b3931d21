package journey

import (
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Assign is the input of the update "assign".
type Assign struct {
	kit.Envelope
	// Owner is a short code, shown in clear: no name, no address.
	Owner string `json:"owner"`
}

func (j *journey) offerAssign(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateAssign, "Say who looks after the guest.",
		j.open,
		func(command Assign) error { return checkCode("owner", command.Owner) },
		func(_ string, command Assign) kit.Verdict {
			j.state.Owner = command.Owner
			return kit.Verdict{Detail: "owner " + command.Owner}
		})
}
