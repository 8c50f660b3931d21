package journey

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// lose ends the journey for a reason that is nobody's fault.
func (j *journey) lose(reason string) string {
	j.state.Lost = reason
	return StageLost
}

// ending is what an end before the time means for money, CRM and guest.
type ending struct {
	refund  string
	deal    crm.Stage
	note    string
	message string // template; empty says nothing
}

// ending of the stages that end a journey early, without a cancellation.
func (j *journey) ending() ending {
	switch j.state.Stage {
	case StageDeclined:
		// Neither the CRM nor a message says why.
		return ending{refund: "full", deal: crm.StageLost, note: "Closed", message: wording.NotPossible}
	case StageNoShow:
		return ending{refund: "none", deal: crm.StageCancelled, note: "Did not come"}
	case StageMerged:
		return ending{refund: "full", deal: crm.StageLost, note: "Continued in " + j.state.MergedInto}
	}
	end := ending{refund: "full", deal: crm.StageLost, note: "Lost: " + j.state.Lost}
	if slices.Contains([]string{"expired", "expired_unpaid"}, j.state.Lost) {
		end.message = wording.Expired
	}
	return end
}

// close leaves nothing behind: not a place, not an open page, and the profile
// knows that the journey is over.
func (j *journey) close(ctx workflow.Context) (string, error) {
	switch j.state.Stage {
	case StageCancelled:
	case StageCompleted:
		if err := j.record(ctx, crm.StageCompleted, "Journey completed"); err != nil {
			return "", err
		}
	default:
		if err := j.closeEarly(ctx, j.ending()); err != nil {
			return "", err
		}
	}
	j.tellProfile(ctx, "tell.profile.closed", profile.SignalJourneyClosed, kit.Fact{Type: "journey_closed"})
	return stageEnd, nil
}

func (j *journey) closeEarly(ctx workflow.Context, end ending) error {
	if j.state.MergedInto != "" {
		j.tellMerged(ctx)
	}
	j.givePlaceBack(ctx)
	j.closePlan(ctx, end.refund)
	if err := j.awaitEnd(ctx, "place", j.placeGone); err != nil {
		return err
	}
	if err := j.awaitEnd(ctx, "money", j.moneyClosed); err != nil {
		return err
	}
	if err := j.record(ctx, end.deal, end.note); err != nil {
		return err
	}
	if end.message == "" {
		return nil
	}
	// The step's name goes to the provider as a part of the effect key.
	return j.say(ctx, j.shownStage(), end.message, nil, time.Time{})
}

const stepMerged = "tell.merged"

// tellMerged tells the journey in which this one goes on, and reports whether
// it took over.
func (j *journey) tellMerged(ctx workflow.Context) bool {
	return kit.Tell(ctx, j.core, stepMerged, j.state.MergedInto, SignalMergedFrom, kit.Fact{
		ID: j.core.StepKey(stepMerged), Provider: Type, Type: "merged_from", Object: j.id, OccurredAt: j.state.Since,
	})
}

func isMissed(err error) bool { return errors.Is(err, kit.ErrStepMissed) }
