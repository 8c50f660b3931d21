package journey

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// Names of the guards. They are shown to operators and named when one is
// overridden.
const (
	GuardDates     = "dates"          // when the guest comes is known
	GuardConsent   = "health_consent" // to the use of health data
	GuardForm      = "health_form"    // the questionnaire is complete
	GuardClearance = "clearance"      // valid through departure
	GuardPlace     = "place"          // held for this guest
	GuardPolicy    = "policy"         // accepted, with version, time and address
	GuardAnswer    = "offer_accepted"
	GuardDeposit   = "deposit"   // captured
	GuardConfirmed = "confirmed" // by the system of record
	GuardBalance   = "balance"   // paid
)

// Guard is one condition for entering a stage.
type Guard struct {
	Name string
	// Text says what is missing; Unblock what would help: events and commands.
	Text    string
	Unblock []string
	// Fixed: later stages cannot work without it, so no operator can override it.
	Fixed bool
	met   func(j *journey) bool
}

var guards = map[string]Guard{
	GuardDates: {
		Name: GuardDates, Text: "the guest has not said when to come", Fixed: true,
		Unblock: []string{"the guest fills in the intake form"},
		met:     func(j *journey) bool { return !j.state.ArrivalAt.IsZero() },
	},
	GuardConsent: {
		Name: GuardConsent, Text: "the guest has not consented to the use of health data",
		Unblock: []string{"the guest gives consent"},
		met:     func(j *journey) bool { return j.consented(PurposeHealth) },
	},
	GuardForm: {
		Name: GuardForm, Text: "the health questionnaire is not complete",
		Unblock: []string{"the guest sends the questionnaire"},
		met:     func(j *journey) bool { return j.state.Form.Received },
	},
	GuardClearance: {
		Name: GuardClearance, Text: "there is no clearance that is valid through departure",
		Unblock: []string{"approve_clearance by a clinician"},
		met:     func(j *journey) bool { return j.cleared() },
	},
	GuardPlace: {
		Name: GuardPlace, Text: "no place is held", Fixed: true,
		Unblock: []string{"override_stage to offer, which holds one"},
		met:     func(j *journey) bool { return j.state.Session.ID != "" && !j.placeGone() },
	},
	GuardPolicy: {
		Name: GuardPolicy, Text: "the guest has not accepted the cancellation policy",
		Unblock: []string{"the guest accepts the policy on the offer page"},
		met:     func(j *journey) bool { return j.state.Policy.Version != "" },
	},
	GuardAnswer: {
		Name: GuardAnswer, Text: "the guest has not accepted the offer",
		Unblock: []string{"the guest answers on the offer page"},
		met:     func(j *journey) bool { return j.state.Answer == "accepted" },
	},
	GuardDeposit: {
		Name: GuardDeposit, Text: "the deposit has not been captured",
		Unblock: []string{"the guest pays on the payment page"},
		met: func(j *journey) bool {
			return slices.Contains([]string{payment.MoneyDeposit, payment.MoneyPaid, payment.MoneyPastDue}, j.state.Money.State)
		},
	},
	GuardConfirmed: {
		Name: GuardConfirmed, Text: "the calendar has not confirmed the place",
		Unblock: []string{"the calendar confirms", "reschedule", "cancel"},
		met:     func(j *journey) bool { return j.placeConfirmed() },
	},
	GuardBalance: {
		Name: GuardBalance, Text: "the balance is not paid",
		Unblock: []string{"the guest pays on the page of the last payment message", "cancel"},
		met:     func(j *journey) bool { return j.paid() },
	},
}

// entry lists the guards for entering a stage.
var entry = map[string][]string{
	StageScreening:  {GuardDates},
	StageClearance:  {GuardConsent, GuardForm},
	StageOffer:      {GuardDates, GuardClearance},
	StageDeposit:    {GuardPlace, GuardPolicy, GuardAnswer},
	StageBooked:     {GuardPlace, GuardDeposit, GuardClearance},
	StagePreArrival: {GuardConfirmed},
	StageInProgram:  {GuardBalance, GuardClearance},
}

// openGuards lists the guards that keep the journey from entering a stage now,
// in their fixed order.
func (j *journey) openGuards(stage string) []Guard {
	var open []Guard
	for _, name := range entry[stage] {
		guard := guards[name]
		if j.asks(name) && !j.waived(stage, name) && !guard.met(j) {
			open = append(open, guard)
		}
	}
	return open
}

// brokenBy lists the guards that a jump to a stage would break: those of every
// stage that would be left out, and of the stage itself.
func (j *journey) brokenBy(to string) []Guard {
	var broken []Guard
	for _, stage := range j.entered(to) {
		for _, guard := range j.openGuards(stage) {
			if !slices.ContainsFunc(broken, func(g Guard) bool { return g.Name == guard.Name }) {
				broken = append(broken, guard)
			}
		}
	}
	return broken
}

// entered lists the stages whose guards a jump meets: what lies between, and the
// stage itself. A jump back meets that stage's alone: the way from there on asks
// again.
func (j *journey) entered(to string) []string {
	here, there := slices.Index(way, j.state.Stage), slices.Index(way, to)
	switch {
	case there < 0:
		return nil // the waiting list asks for nothing
	case here < 0 || there < here:
		return []string{to}
	}
	return slices.DeleteFunc(slices.Clone(way[here+1:there+1]), func(stage string) bool { return !j.applies(stage) })
}

// waive lets a journey into one stage in spite of a guard. The next stage asks
// again.
func (j *journey) waive(stage, guard string) {
	if !j.waived(stage, guard) {
		j.state.Waived = append(j.state.Waived, stage+":"+guard)
	}
}

func (j *journey) waived(stage, guard string) bool {
	return slices.Contains(j.state.Waived, stage+":"+guard)
}

// awaitGuards waits, still in the present stage, until nothing keeps the journey
// from the next one. A person is asked at once, and again as long as it lasts.
func (j *journey) awaitGuards(ctx workflow.Context, stage string) error {
	for round := 1; len(j.openGuards(stage)) > 0; round++ {
		open := j.openGuards(stage)[0]
		j.core.Raise(ctx, "blocked:"+open.Name)
		deadline := j.core.Deadline(fmt.Sprintf("%s %d", open.Name, round), workflow.Now(ctx).Add(j.patience()), kit.ClassInternal, "attention: "+open.Text)
		_, err := j.core.Until(ctx, deadline, func() bool { return guards[open.Name].met(j) })
		if err != nil {
			return err
		}
		j.core.Drop(deadline.Name)
		if guards[open.Name].met(j) {
			j.core.Settle("blocked:" + open.Name)
		}
	}
	return nil
}

// asks says whether the program asks for what a guard protects.
func (j *journey) asks(guard string) bool {
	switch guard {
	case GuardConsent, GuardForm:
		return j.applies(StageScreening)
	case GuardClearance:
		return j.applies(StageClearance)
	case GuardDeposit:
		return j.applies(StageDeposit)
	}
	return true
}

// next is the stage after another one on this program's way.
func (j *journey) next(stage string) string {
	following := way[slices.Index(way, stage)+1:]
	for _, candidate := range following {
		if j.applies(candidate) {
			return candidate
		}
	}
	return StageCompleted
}

// applies says whether the program has a stage.
func (j *journey) applies(stage string) bool {
	return stage == StageCompleted || slices.Contains(j.program().Stages, stage)
}

// consented is the guest's last word on a purpose.
func (j *journey) consented(purpose string) bool { return j.state.Consents[purpose].Granted }

// cleared says whether a clinician's clearance holds through departure.
func (j *journey) cleared() bool {
	clearance := j.state.Clearance
	return slices.Contains([]string{ClearanceCleared, ClearanceConditional}, clearance.State) && !clearance.Until.Before(j.state.Departure)
}
