package modeltest

import (
	"fmt"
	"slices"
	"strings"

	"guestjourney/workflows/journey"
)

// forward is the way of a guest, written down a second time on purpose.
var forward = []string{
	"captured", "conversing", "screening", "clearance_review", "offer", "deposit_pending",
	"booked", "pre_arrival", "in_program", "aftercare", "completed",
}

var ends = []string{"completed", "cancelled", "lost", "medically_declined", "no_show", "merged"}

// model is what a journey may do. It knows the facts and the accepted commands,
// and nothing of how the journey works.
type model struct {
	consented, formed, cleared, policy, answered, deposit, paid bool
	overridden                                                  map[string]bool // stages that were entered by command
}

// legal says whether a journey may go from one stage to the next.
func (m *model) legal(from, to string) error {
	at, then := slices.Index(forward, from), slices.Index(forward, to)
	switch {
	case slices.Contains(ends, from):
		return fmt.Errorf("%s is an end", from)
	case m.overridden[to]:
		return nil
	case to == "cancelling":
		return nil
	case from == "cancelling":
		return want(to == "cancelled", from, to)
	case to == "lost":
		return want(slices.Contains([]string{"conversing", "screening", "offer", "waitlisted", "deposit_pending"}, from), from, to)
	case to == "medically_declined":
		return want(slices.Contains([]string{"screening", "clearance_review", "offer", "waitlisted"}, from), from, to)
	case to == "no_show":
		return want(from == "in_program", from, to)
	case to == "merged":
		return nil
	case then != at+1:
		return fmt.Errorf("from %s to %s leaves stages out", from, to)
	}
	return m.guarded(to)
}

func want(ok bool, from, to string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("no way leads from %s to %s", from, to)
}

// guarded says what must have happened before a stage.
func (m *model) guarded(to string) error {
	switch {
	case to == "clearance_review" && (!m.consented || !m.formed):
		return fmt.Errorf("%s without consent and questionnaire", to)
	case slices.Contains([]string{"offer", "booked", "in_program"}, to) && !m.cleared:
		return fmt.Errorf("%s without clearance", to)
	case to == "deposit_pending" && (!m.policy || !m.answered):
		return fmt.Errorf("%s before the policy was accepted", to)
	case to == "booked" && !m.deposit:
		return fmt.Errorf("%s without deposit", to)
	}
	return nil
}

// check compares a journey's own account with the model.
func (m *model) check(view journey.Overview, stages []string) error {
	for i := 1; i < len(stages); i++ {
		if err := m.legal(stages[i-1], stages[i]); err != nil {
			return err
		}
	}
	if slices.Contains(ends, view.Stage) {
		return nil
	}
	parked := slices.ContainsFunc(view.Attention, func(reason string) bool { return strings.HasPrefix(reason, "parked:") })
	switch {
	case view.WaitsFor == "":
		return fmt.Errorf("%s waits for nothing", view.Stage)
	case len(view.NextDeadlines) == 0 && !parked:
		return fmt.Errorf("%s waits for %q without a deadline", view.Stage, view.WaitsFor)
	}
	for _, deadline := range view.NextDeadlines {
		if deadline.Name == "" || deadline.Consequence == "" || deadline.At.IsZero() {
			return fmt.Errorf("%s has a deadline without name, consequence or instant: %+v", view.Stage, deadline)
		}
	}
	return nil
}
