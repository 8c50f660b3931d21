package journey

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"guestjourney/internal/identity"
	"guestjourney/workflows/kit"
)

// MergeInto is the input of the update "merge_into".
type MergeInto struct {
	kit.Envelope
	// Target is the workflow ID of the journey in which this one goes on.
	Target string `json:"target"`
}

func (j *journey) offerMerge(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateMergeInto, "End this journey: the guest goes on in another one.",
		j.mayMerge, j.checkMerge,
		func(id string, command MergeInto) kit.Verdict {
			j.ask(Chore{Kind: "merge", Target: command.Target, CommandID: id})
			return kit.Verdict{Pending: true, Detail: "the other journey is being told"}
		})
}

func (j *journey) mayMerge() error {
	if err := j.onTheWay(); err != nil {
		return err
	}
	if j.state.Money.CapturedMinor > j.state.Money.RefundedMinor {
		return fmt.Errorf("the guest has paid here; move or refund the money first")
	}
	return nil
}

func (j *journey) checkMerge(command MergeInto) error {
	id, isJourney := strings.CutPrefix(command.Target, "journey/")
	switch {
	case !isJourney || id == "":
		return fmt.Errorf(`target: want the workflow ID of a journey, "journey/<id>"`)
	case command.Target == j.id:
		return fmt.Errorf("target: this is the journey itself")
	case identity.LooksLikeAddress(command.Target):
		return fmt.Errorf("target: it looks like an address; no journey has such an ID")
	}
	return nil
}

// mergeInto turns to the end, once the other journey has taken over. One that
// does not exist, or has closed, takes nothing over.
func (j *journey) mergeInto(ctx workflow.Context, target, commandID string) {
	j.state.MergedInto = target
	if !j.tellMerged(ctx) {
		j.state.MergedInto = ""
		j.core.Forget(stepMerged)
		j.core.Complete(commandID, "failed", "there is no open journey "+target)
		return
	}
	j.state.Turn = &Turn{To: StageMerged, CommandID: commandID}
}
