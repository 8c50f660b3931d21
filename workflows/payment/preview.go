package payment

import (
	"fmt"
	"time"

	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
)

// Charge is what was paid for one step of an agreement.
type Charge struct {
	Step          string `json:"step"` // "deposit" or "balance"
	CapturedMinor int64  `json:"capturedMinor"`
	RefundedMinor int64  `json:"refundedMinor"`
}

// RefundLine is what a cancellation would give back of one charge. Amounts are
// minor units.
type RefundLine struct {
	Step          string `json:"step"`
	CapturedMinor int64  `json:"capturedMinor"`
	RefundedMinor int64  `json:"refundedMinor"` // before
	Percent       int64  `json:"percent"`
	RefundMinor   int64  `json:"refundMinor"`
	Rule          string `json:"rule"`
}

// PreviewCancel says charge by charge what a plan would give back if it were
// cancelled by a request that was received then. refund is "policy", "full" or
// "none". It is the code with which the plan refunds, and changes nothing.
func PreviewCancel(tiers []programs.RefundTier, arrival, received time.Time, refund string, charges []Charge) []RefundLine {
	tier := tierFor(tiers, arrival, received)
	list := make([]RefundLine, 0, len(charges))
	for _, charge := range charges {
		owed := func(captured int64) int64 {
			return share(payments.Attempt{Step: charge.Step, CapturedMinor: captured}, tier, refund)
		}
		list = append(list, RefundLine{
			Step: charge.Step, CapturedMinor: charge.CapturedMinor, RefundedMinor: charge.RefundedMinor,
			Percent: owed(100), RefundMinor: max(owed(charge.CapturedMinor)-charge.RefundedMinor, 0),
			Rule: rule(tiers, tier, arrival, received, refund),
		})
	}
	return list
}

// rule says in words which rule gives the percentages.
func rule(tiers []programs.RefundTier, tier programs.RefundTier, arrival, received time.Time, refund string) string {
	switch {
	case refund == "full" || refund == "none":
		return refund + ", in place of the policy"
	case arrival.IsZero():
		return "no arrival is agreed: everything goes back"
	case len(tiers) == 0 || arrival.Sub(received) < tiers[len(tiers)-1].AtLeast.Value():
		return fmt.Sprintf("received %s before arrival: later than every tier", distance(arrival.Sub(received)))
	}
	return fmt.Sprintf("received %s before arrival: the tier of at least %s", distance(arrival.Sub(received)), distance(tier.AtLeast.Value()))
}

// distance is a duration in days, or as it is when it is less than one.
func distance(d time.Duration) string {
	const day = 24 * time.Hour
	if d < day {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%d d", d/day)
}
