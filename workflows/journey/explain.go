package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// QueryExplain answers why a guest is not moving: an Explanation.
const QueryExplain = "explain"

// Explanation is what an operator reads before doing anything.
type Explanation struct {
	Stage    string    `json:"stage"`
	Since    time.Time `json:"since"`
	WaitsFor string    `json:"waitsFor"`
	Control  string    `json:"control"`
	// Blocked is what keeps the guest from the next stage; empty means that the
	// journey only waits for its time to come.
	Blocked []Block `json:"blocked"`
	Next    []Next  `json:"next"`
	// Escalates is when a person is asked next; null means never by itself.
	Escalates *Escalation `json:"escalates"`
}

// Block is one thing that is in the way, and what would move it.
type Block struct {
	code    string
	Reason  string   `json:"reason"`
	Unblock []string `json:"unblock"`
}

// Next is what happens by itself.
type Next struct {
	Name        string    `json:"name"`
	At          time.Time `json:"at"`
	Consequence string    `json:"consequence"`
}

// Escalation is when which person is asked.
type Escalation struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

func (j *journey) explain() Explanation {
	answer := Explanation{
		Stage: j.state.Stage, Since: j.state.Since, WaitsFor: j.core.WaitsFor(), Control: j.state.Common.Control,
		Blocked: j.blocks(), Next: []Next{}, Escalates: j.escalates(),
	}
	for _, deadline := range j.core.NextDeadlines() {
		answer.Next = append(answer.Next, Next{Name: deadline.Name, At: deadline.At, Consequence: deadline.Consequence})
	}
	return answer
}

// blocks lists everything that is in the way: the hold, steps that are not
// done, and what the stage waits for.
func (j *journey) blocks() []Block {
	list := []Block{}
	if j.core.Held() {
		list = append(list, Block{
			code: "held", Reason: "held by an operator since " + j.state.Common.HeldSince.Format(time.RFC3339),
			Unblock: []string{kit.UpdateRelease},
		})
	}
	for _, step := range j.openSteps() {
		if step.Status == kit.StepParked || step.Status == kit.StepRetrying {
			list = append(list, j.blockedStep(step))
		}
	}
	return append(list, j.blockedStage()...)
}

// blockedBy is the same in codes.
func (j *journey) blockedBy() []string {
	var codes []string
	for _, block := range j.blocks() {
		codes = append(codes, block.code)
	}
	return codes
}

func (j *journey) blockedStep(step StepView) Block {
	block := Block{
		code: string(step.Status) + ":" + step.Step, Reason: fmt.Sprintf("step %s is %s: %s", step.Step, step.Status, step.Error),
		Unblock: []string{kit.UpdateRetryStep + " " + step.Step},
	}
	if step.Status == kit.StepRetrying {
		block.Unblock = append(block.Unblock, "nothing: it is tried again at "+j.core.StepTurn(step.Step).Format(time.RFC3339))
	}
	if step.Skippable {
		block.Unblock = append(block.Unblock, kit.UpdateSkipStep+" "+step.Step)
	}
	return block
}

// blockedStage is what the present stage waits for, if not just for its time.
func (j *journey) blockedStage() []Block {
	switch {
	case j.state.Stage == StageCaptured:
		return nil
	case j.state.Stage == StageWaitlisted:
		return []Block{{
			code: "no_place", Reason: "no place is free",
			Unblock: []string{UpdateOverrideStage + " to " + StageOffer + ", when one is", kit.UpdateCancel},
		}}
	case j.leavingForGood():
		return j.notGivenBack()
	case j.state.Stage == StageInProgram:
		return j.notSeen()
	}
	var list []Block
	for _, guard := range j.openGuards(j.next(j.state.Stage)) {
		list = append(list, Block{code: guard.Name, Reason: guard.Text, Unblock: j.unblock(guard)})
	}
	return list
}

// unblock is what helps against a guard, as things are now.
func (j *journey) unblock(guard Guard) []string {
	help := slices.Clone(guard.Unblock)
	if guard.Name == GuardClearance && j.state.Clearance.State == ClearanceInfo {
		help = append([]string{"the guest adds what a clinician asked for (" + j.state.Clearance.Wanted + ")"}, help...)
	}
	if !guard.Fixed {
		help = append(help, UpdateOverrideStage+" in spite of "+guard.Name)
	}
	return help
}

// notGivenBack is what a journey that ends still waits for.
func (j *journey) notGivenBack() []Block {
	var list []Block
	if !j.placeGone() {
		list = append(list, Block{code: "place", Reason: "the place is not given back", Unblock: []string{"timeline and retry_step at " + j.state.Session.ID}})
	}
	if !j.moneyClosed() {
		list = append(list, Block{code: "money", Reason: "the money is not settled", Unblock: []string{"timeline and retry_step at " + j.state.Money.PlanID}})
	}
	return list
}

// notSeen: the guest should be here.
func (j *journey) notSeen() []Block {
	switch {
	case j.state.Attendance.Mark == NoShow:
		return []Block{{
			code: "no_show", Reason: "the guest is marked as a no-show",
			Unblock: []string{UpdateMarkAttendance + " attended or late, if the guest has come"},
		}}
	case j.state.Attendance.Mark == "" && j.state.Attendance.Missed:
		return []Block{{
			code: "not_checked_in", Reason: "nobody has seen the guest",
			Unblock: []string{UpdateMarkAttendance},
		}}
	}
	return nil
}

// escalates is the first instant at which a person is asked: a deadline that
// says so, a step that still fails, or the end of a hold.
func (j *journey) escalates() *Escalation {
	var first *Escalation
	consider := func(at time.Time, what string) {
		if !at.IsZero() && (first == nil || at.Before(first.At)) {
			first = &Escalation{At: at, What: what}
		}
	}
	for _, name := range workflow.DeterministicKeys(j.state.Common.Deadlines) {
		deadline := j.state.Common.Deadlines[name]
		if strings.HasPrefix(deadline.Consequence, "attention") && deadline.Class != kit.ClassAttention {
			consider(deadline.At, deadline.Name+": "+deadline.Consequence)
		}
	}
	for _, step := range j.openSteps() {
		if step.Status == kit.StepRetrying && !slices.Contains(j.state.Common.Attention, kit.PrefixRetrying+step.Step) {
			consider(j.core.StepAttention(step.Step), "attention: step "+step.Step+" still fails")
		}
	}
	if j.core.Held() && !slices.Contains(j.state.Common.Attention, "hold_expired") {
		consider(j.state.Common.HeldUntil, "attention: the hold was asked for until then")
	}
	return first
}
