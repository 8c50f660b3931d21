package profile

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// leadAgain finds the newest open journey of the same program and queues the
// news for it.
func (g *guest) leadAgain(ctx workflow.Context, lead LeadAgain) LeadAgainResult {
	for _, open := range slices.Backward(g.state.Journeys) {
		if open.ProgramCode != lead.ProgramCode {
			continue
		}
		g.core.Note(ctx, "fact", "a lead again: belongs to "+open.JourneyID)
		g.state.Inbox = append(g.state.Inbox, kit.Fact{
			ID: lead.ID, Provider: Type, Type: FactLeadAgain, Object: open.JourneyID, OccurredAt: workflow.Now(ctx).UTC(),
		})
		return LeadAgainResult{JourneyID: open.JourneyID}
	}
	return LeadAgainResult{}
}

// setDates keeps a journey's dates and reports whether they can be read and
// belong to an open one.
func (g *guest) setDates(ctx workflow.Context, fact kit.Fact) bool {
	at := slices.IndexFunc(g.state.Journeys, func(open Open) bool { return open.JourneyID == fact.Object })
	arrival, errArrival := time.Parse(time.RFC3339, fact.Data["arrival"])
	departure, errDeparture := time.Parse(time.RFC3339, fact.Data["departure"])
	switch {
	case errArrival != nil || errDeparture != nil || departure.Before(arrival):
		g.core.Note(ctx, "fact", "dates of "+fact.Object+" cannot be read: want arrival and, not before it, departure in RFC 3339")
		g.core.Raise(ctx, "bad_dates")
		return false
	case at < 0:
		g.core.Note(ctx, "fact", "dates of "+fact.Object+", which is not open")
		return false
	}
	open := &g.state.Journeys[at]
	open.ArrivalAt, open.DepartureAt = arrival.UTC(), departure.UTC()
	if program := fact.Data["program"]; program != "" {
		open.ProgramCode = program
	}
	g.core.Settle("bad_dates")
	return true
}

// clashes lists the pairs of open journeys whose dates meet. The same program
// on the same arrival is a duplicate, anything else an overlap.
func clashes(journeys []Open) []Clash {
	var list []Clash
	for i, older := range journeys {
		for _, newer := range journeys[i+1:] {
			switch {
			case older.ArrivalAt.IsZero() || newer.ArrivalAt.IsZero():
			case older.ProgramCode == newer.ProgramCode && older.ArrivalAt.Equal(newer.ArrivalAt):
				list = append(list, Clash{Kind: FactDuplicate, Older: older.JourneyID, Newer: newer.JourneyID})
			case older.ArrivalAt.Before(newer.DepartureAt) && newer.ArrivalAt.Before(older.DepartureAt):
				list = append(list, Clash{Kind: FactOverlap, Older: older.JourneyID, Newer: newer.JourneyID})
			}
		}
	}
	return list
}

// compare tells the journeys which clashes have come and which are over. What
// becomes of them is an operator's decision: nothing is merged or cancelled.
func (g *guest) compare(ctx workflow.Context, fact kit.Fact) {
	before := g.state.Clashes
	g.state.Clashes = clashes(g.state.Journeys)
	for _, clash := range g.state.Clashes {
		if !slices.Contains(before, clash) {
			g.tellClash(ctx, fact, clash, clash.Kind)
		}
	}
	over := map[string]string{FactOverlap: FactOverlapOver, FactDuplicate: FactDuplicateOver}
	for _, clash := range before {
		if !slices.Contains(g.state.Clashes, clash) {
			g.tellClash(ctx, fact, clash, over[clash.Kind])
		}
	}
	for _, kind := range []string{FactOverlap, FactDuplicate} {
		if slices.ContainsFunc(g.state.Clashes, func(clash Clash) bool { return clash.Kind == kind }) {
			g.core.Raise(ctx, kind)
		} else {
			g.core.Settle(kind)
		}
	}
}

// tellClash tells both journeys of an overlap, the newer one of a duplicate.
func (g *guest) tellClash(ctx workflow.Context, fact kit.Fact, clash Clash, kind string) {
	tell := func(to, other string) {
		if !slices.ContainsFunc(g.state.Journeys, func(open Open) bool { return open.JourneyID == to }) {
			return
		}
		g.pass(ctx, kit.Fact{ID: fact.ID + "/" + kind + "/" + other}, to, SignalProfile, kit.Fact{
			ID: fmt.Sprintf("%s/%s/%s", fact.ID, kind, other), Provider: Type, Type: kind, OccurredAt: workflow.Now(ctx).UTC(),
			Data: map[string]string{"journey": other},
		})
	}
	tell(clash.Newer, clash.Older)
	if clash.Kind == FactOverlap {
		tell(clash.Older, clash.Newer)
	}
}
