package payment

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable"
	"guestjourney/workflows/kit"
)

// RefundLine is what one charge gives back, and why.
type RefundLine struct {
	Charge        string `json:"charge"`
	Step          string `json:"step"`
	CapturedMinor int64  `json:"capturedMinor"`
	Percent       int    `json:"percent"`
	// RefundMinor is what is still to be given back: the share, less what went
	// back or was asked for before. Never negative.
	RefundMinor int64  `json:"refundMinor"`
	Rule        string `json:"rule"`
}

// PreviewCancel lists what a cancel that was received at an instant would give
// back. refund is "policy", "full" or "none"; empty means "policy". It is the
// very calculation that closes a plan, and changes nothing.
func PreviewCancel(terms Terms, charges []ChargeView, receivedAt time.Time, refund string) []RefundLine {
	return linesAfter(terms, charges, Cancel{Kind: reasonCancelled, ReceivedAt: receivedAt, Refund: refund})
}

// linesAfter is the one place that decides what a closed plan gives back. What
// was captured after the closing goes back in full; so does everything of a
// plan that expired, because nothing was agreed. A cancel without an instant is
// one that has not happened: nothing is late.
func linesAfter(terms Terms, charges []ChargeView, cancel Cancel) []RefundLine {
	var lines []RefundLine
	for _, charge := range charges {
		percent, rule := 100, reasonLate
		if cancel.Kind == reasonCancelled && (cancel.At.IsZero() || !charge.CapturedAt.After(cancel.At)) {
			percent, rule = terms.share(charge.Step, cancel)
		}
		// Whole minor units, rounded down.
		owed := charge.CapturedMinor * int64(percent) / 100
		lines = append(lines, RefundLine{
			Charge: charge.Charge, Step: charge.Step, CapturedMinor: charge.CapturedMinor, Percent: percent, Rule: rule,
			RefundMinor: max(owed-max(charge.RefundedMinor, charge.AskedMinor), 0),
		})
	}
	return lines
}

// share is the percentage of a step's money that a cancel gives back, with the
// rule in words. The first tier whose instant the request kept applies.
func (t Terms) share(step string, cancel Cancel) (percent int, rule string) {
	switch {
	case cancel.Refund == "full":
		return 100, "in full, by decision"
	case cancel.Refund == "none":
		return 0, "nothing, by decision"
	case t.ArrivalAt.IsZero():
		return 100, "in full: no arrival was agreed"
	}
	for _, tier := range t.Tiers {
		if cancel.ReceivedAt.After(tier.By) {
			continue
		}
		percent = tier.BalancePercent
		if step == stepDeposit {
			percent = tier.DepositPercent
		}
		return percent, fmt.Sprintf("%d %% of the %s: received by %s", percent, step, tier.By.UTC().Format(time.RFC3339))
	}
	return 0, "nothing: received after the last refund date"
}

// elapsedTerms measures every tier in elapsed time before arrival.
func elapsedTerms(tiers []programs.RefundTier, arrival time.Time) Terms {
	terms := Terms{ArrivalAt: arrival}
	for _, tier := range tiers {
		terms.Tiers = append(terms.Tiers, Tier{
			By: arrival.Add(-tier.AtLeast.Value()), DepositPercent: tier.DepositPercent, BalancePercent: tier.BalancePercent,
		})
	}
	return terms
}

// agree fixes the refund rules' instants, once. Days are those of the
// property's calendar; an activity counts them, as workflow code reads no zones.
func (p *plan) agree(ctx workflow.Context) error {
	p.state.Terms = elapsedTerms(p.input.Refunds, p.input.ArrivalAt)
	if p.input.Zone == "" || p.input.ArrivalAt.IsZero() || len(p.input.Refunds) == 0 {
		return nil
	}
	var before []options.Duration
	for _, tier := range p.input.Refunds {
		before = append(before, tier.AtLeast)
	}
	cutoffs, err := kit.Require(ctx, p.core, "refund dates", timetable.CutoffRequest{
		At: p.input.ArrivalAt, Zone: p.input.Zone, Before: before,
	}, timetable.Cutoffs)
	if err != nil {
		return err
	}
	for i := range p.state.Terms.Tiers {
		p.state.Terms.Tiers[i].By = cutoffs.By[i]
	}
	p.core.Note(ctx, "step", "refund dates fixed in "+p.input.Zone+", zone data "+cutoffs.ZoneData)
	return nil
}
