package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// ExtendDeadline is the input of the update "extend_deadline".
type ExtendDeadline struct {
	kit.Envelope
	Deadline string `json:"deadline"` // its name, as next_deadlines shows it
	// NewAt is later than before, by MaxExtension at most. For "deposit" it is
	// the last moment at which the guest can pay.
	NewAt time.Time `json:"newAt"`
}

// MaxExtension is how much later one command can make a deadline.
const MaxExtension = 30 * 24 * time.Hour

// deadlineDeposit only notices a silent plan, some time after the plan's own.
const deadlineDeposit = "deposit"

// datesOfTheStay are agreed with the guest: no deadlines of ours.
var datesOfTheStay = []string{"arrival", "departure", "departure, not admitted"}

func (j *journey) offerExtension(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateExtendDeadline, "Give a deadline more time; the place is kept as long.",
		func() error {
			if err := j.onTheWay(); err != nil {
				return err
			}
			if len(j.extendable()) == 0 {
				return fmt.Errorf("no deadline can be extended in stage %s", j.shownStage())
			}
			return nil
		},
		func(command ExtendDeadline) error { return j.checkExtension(command, workflow.Now(ctx)) },
		j.extend)
}

// extendable lists the names of the deadlines that can be moved.
func (j *journey) extendable() []string {
	var names []string
	for _, name := range workflow.DeterministicKeys(j.state.Common.Deadlines) {
		class := j.state.Common.Deadlines[name].Class
		if class != kit.ClassMessage && !slices.Contains(datesOfTheStay, name) {
			names = append(names, name)
		}
	}
	return names
}

func (j *journey) checkExtension(command ExtendDeadline, now time.Time) error {
	deadline, known := j.core.Known(command.Deadline)
	switch {
	case !known:
		return fmt.Errorf("deadline: there is no %q; these can be extended: %s", command.Deadline, strings.Join(j.extendable(), ", "))
	case slices.Contains(datesOfTheStay, command.Deadline):
		return fmt.Errorf("deadline: the dates of the stay are no deadlines")
	case deadline.Class == kit.ClassMessage:
		return fmt.Errorf("deadline: a message whose time depends on something fixed does not move")
	}
	before := deadline.At.Add(-j.ownTime(command.Deadline))
	switch {
	case !command.NewAt.After(now):
		return fmt.Errorf("newAt: it is past")
	case !command.NewAt.After(before):
		return fmt.Errorf("newAt: it is %s already", before.Format(time.RFC3339))
	case command.NewAt.Sub(before) > MaxExtension:
		return fmt.Errorf("newAt: at most 30 days later than %s", before.Format(time.RFC3339))
	}
	return nil
}

// ownTime is how much later than what the guest knows our own deadline is.
func (j *journey) ownTime(deadline string) time.Duration {
	if deadline != deadlineDeposit {
		return 0
	}
	return j.program().Deadlines.Cancelling.Value()
}

func (j *journey) extend(id string, command ExtendDeadline) kit.Verdict {
	at := command.NewAt.UTC()
	j.core.Move(command.Deadline, at.Add(j.ownTime(command.Deadline)))
	detail := command.Deadline + " until " + at.Format(time.RFC3339)
	switch command.Deadline {
	case deadlineDeposit:
		j.ask(Chore{Kind: "extend_plan", At: at, CommandID: id})
		j.ask(Chore{Kind: "extend_place", At: at.Add(j.patience())})
		return kit.Verdict{Pending: true, Detail: detail + "; the payment plan is being told"}
	case "offer":
		j.ask(Chore{Kind: "extend_place", At: at.Add(j.program().Deadlines.Deposit.Value() + j.patience())})
	}
	return kit.Verdict{Detail: detail}
}
