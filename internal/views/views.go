package views

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// View is one saved view.
type View struct {
	Name  string // what the command line calls it
	About string // one line for the operator
	// Query is the visibility query at an instant.
	Query func(now time.Time) string
}

// Bounds of the views.
const (
	// PastDueAfter is how late a deadline may be before somebody must look: a
	// worker that restarts or catches up is no fault.
	PastDueAfter = 10 * time.Minute
	// HeldLong is how long a hold may last before somebody must look.
	HeldLong = 24 * time.Hour
	// ArrivingWithin is how far the view of arrivals looks ahead.
	ArrivingWithin = 7 * 24 * time.Hour
)

// Names of the views that callers treat in a way of their own.
const (
	NamePastDue   = "past-due"
	NameHeld      = "held"
	NameClearance = "awaiting-clearance"
	NameUnrouted  = "unrouted"
)

// Values that ClearanceState shows.
const (
	clearanceWaiting = "waiting"
	clearanceGiven   = "ok"
)

// All lists the views in the order of their urgency.
func All() []View {
	return []View{
		{NamePastDue, "a deadline passed more than 10 minutes ago and nothing has happened; not what is held", PastDue},
		{"attention", "what needs a person", func(time.Time) string { return Attention() }},
		{"compensation-stuck", "a place or money that should go back and has not", func(time.Time) string { return compensationStuck() }},
		{NameUnrouted, "events of providers that no workflow has taken yet", func(time.Time) string { return Unrouted() }},
		{"arriving", "arrives within 7 days and is not paid or not cleared", arriving},
		{NameClearance, "waits for a clinician, by owner", func(time.Time) string { return awaitingClearance() }},
		{NameHeld, "held for more than 24 hours; the link shows everything that is held, because visibility does not know since when", func(time.Time) string { return held() }},
	}
}

// Named returns the view of this name.
func Named(name string) (View, error) {
	all := All()
	if at := slices.IndexFunc(all, func(v View) bool { return v.Name == name }); at >= 0 {
		return all[at], nil
	}
	return View{}, fmt.Errorf("no view %q; there are %s", name, strings.Join(Names(), ", "))
}

// Names lists the names of all views.
func Names() []string {
	var names []string
	for _, view := range All() {
		names = append(names, view.Name)
	}
	return names
}

// PastDue finds what runs, is not held and should have gone on more than
// PastDueAfter ago. It is empty when all is well.
func PastDue(now time.Time) string {
	return all(open, kit.AttributeNextDeadline.GetName()+" < "+instant(now.Add(-PastDueAfter)), isNot(kit.AttributeControl.GetName(), kit.ControlHeld))
}

// Attention finds what runs and needs a person.
func Attention() string { return all(open, kit.AttributeAttention.GetName()+" IS NOT NULL") }

// Unrouted finds the events that wait for a workflow or for a person.
func Unrouted() string {
	return all(types(inbox.Type), open, kit.AttributeStage.GetName()+" = '"+inbox.StageWaiting+"'")
}

// Abnormal finds what ended without coming to its end, and may have left
// something behind: journeys, payment plans, appointments and events.
func Abnormal() string {
	return all(types(journey.Type, payment.Type, appointment.Type, inbox.Type), "ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut')")
}

// Arrivals finds the journeys that arrive between two instants, of one program
// or, with an empty code, of all.
func Arrivals(from, to time.Time, program string) string {
	return all(ofProgram(program, types(journey.Type), open, between(kit.AttributeArrival.GetName(), from, to))...)
}

// Due finds what has its next deadline before an instant.
func Due(before time.Time, program string) string {
	return all(ofProgram(program, types(journey.Type, payment.Type, appointment.Type), open, kit.AttributeNextDeadline.GetName()+" < "+instant(before))...)
}

func ofProgram(code string, conditions ...string) []string {
	if code == "" {
		return conditions
	}
	return append(conditions, kit.AttributeProgram.GetName()+" = '"+code+"'")
}

const open = "ExecutionStatus = 'Running'"

func compensationStuck() string {
	return all(open, kit.AttributeAttention.GetName()+" IN ('stuck:place', 'stuck:money', 'refund_stuck', 'refund_failed')")
}

func arriving(now time.Time) string {
	money, clearance := kit.AttributeMoney.GetName(), kit.AttributeClearance.GetName()
	// A clearance that is not there is none that the program asks for.
	lacking := fmt.Sprintf("(%s OR %s != '%s')", isNot(money, payment.MoneyPaid), clearance, clearanceGiven)
	return all(types(journey.Type), open, between(kit.AttributeArrival.GetName(), now, now.Add(ArrivingWithin)), lacking)
}

func awaitingClearance() string {
	return all(types(journey.Type), open, kit.AttributeClearance.GetName()+" = '"+clearanceWaiting+"'")
}

func held() string {
	return all(types(journey.Type), open, kit.AttributeControl.GetName()+" = '"+kit.ControlHeld+"'")
}
