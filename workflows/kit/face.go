package kit

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Search attributes. They are shown in clear: codes and instants only.
var (
	AttributeStage        = temporal.NewSearchAttributeKeyKeyword("Stage")
	AttributeMoney        = temporal.NewSearchAttributeKeyKeyword("MoneyState")
	AttributeClearance    = temporal.NewSearchAttributeKeyKeyword("ClearanceState")
	AttributeControl      = temporal.NewSearchAttributeKeyKeyword("ControlState")
	AttributeProgram      = temporal.NewSearchAttributeKeyKeyword("ProgramCode")
	AttributeOwner        = temporal.NewSearchAttributeKeyKeyword("Owner")
	AttributeGuest        = temporal.NewSearchAttributeKeyKeyword("GuestRef")
	AttributeNextDeadline = temporal.NewSearchAttributeKeyTime("NextDeadline")
	AttributeArrival      = temporal.NewSearchAttributeKeyTime("ArrivalAt")
	AttributeAttention    = temporal.NewSearchAttributeKeyKeywordList("Attention")
	AttributeTest         = temporal.NewSearchAttributeKeyBool("TestJourney")
)

// SearchAttributes are all of them: what a namespace must have registered
// before a workflow runs in it.
func SearchAttributes() []temporal.SearchAttributeKey {
	return []temporal.SearchAttributeKey{
		AttributeStage, AttributeMoney, AttributeClearance, AttributeControl, AttributeProgram, AttributeOwner, AttributeGuest,
		AttributeNextDeadline, AttributeArrival, AttributeAttention, AttributeTest,
	}
}

// Face is what a workflow shows of itself. Every value is a code.
type Face struct {
	Stage     string
	Since     time.Time
	Money     string
	Clearance string
	Program   string
	Owner     string
	GuestRef  string
	ArrivalAt time.Time
	Test      bool
	// ArrivalDay is the arrival's date in the property's zone, "2027-03-02".
	ArrivalDay string
	// BlockedBy are codes of what keeps the workflow from moving on.
	BlockedBy []string
	// MoneyLine is one readable line for the details, amounts only.
	MoneyLine string
	// About is one readable line for the details, codes and workflow IDs only.
	About string
}

// Summary is one line that tells executions apart in a list: codes only.
func (f Face) Summary() string {
	if f.ArrivalDay == "" {
		return f.Program
	}
	return f.Program + " · arrives " + f.ArrivalDay
}

// published is what visibility was told last, so that only a change costs an
// event.
type published struct {
	Stage     string `json:"stage,omitempty"`
	Money     string `json:"money,omitempty"`
	Clearance string `json:"clearance,omitempty"`
	Control   string `json:"control,omitempty"`
	Program   string `json:"program,omitempty"`
	Owner     string `json:"owner,omitempty"`
	GuestRef  string `json:"guestRef,omitempty"`

	NextDeadline time.Time `json:"nextDeadline,omitzero"`
	ArrivalAt    time.Time `json:"arrivalAt,omitzero"`
	Attention    []string  `json:"attention,omitempty"`
	Test         bool      `json:"test,omitempty"`
	Once         bool      `json:"once,omitempty"`
}

// showAtRest publishes when nobody has anything left to do in a workflow task:
// not the loop, not a handler, not the loop again after the handler. So a task
// in which several things meet has one upsert at most.
func (c *Core) showAtRest(ctx workflow.Context) {
	workflow.GoNamed(ctx, "show", func(ctx workflow.Context) {
		for shown := 0; ; {
			must(workflow.Await(ctx, func() bool { return c.turns != shown && c.noticed == c.nudges }))
			turns, nudges := c.turns, c.nudges
			yield(ctx)
			if c.turns == turns && c.nudges == nudges {
				c.publish(ctx)
				shown = turns
			}
		}
	})
}

// ShowEnd shows where the workflow has ended. The loop that returns comes to
// rest no more, so what it entered last would not be shown.
func (c *Core) ShowEnd(ctx workflow.Context) { c.publish(ctx) }

// publish shows where the workflow stands: at most one upsert, only on change.
func (c *Core) publish(ctx workflow.Context) {
	face := c.face()
	workflow.SetCurrentDetails(ctx, c.details(face))
	last, next := c.common.Published, c.present(face)
	var updates []temporal.SearchAttributeUpdate
	keyword := func(key temporal.SearchAttributeKeyKeyword, before, now string) {
		if before != now {
			updates = append(updates, key.ValueSet(now))
		}
	}
	keyword(AttributeStage, last.Stage, next.Stage)
	keyword(AttributeMoney, last.Money, next.Money)
	keyword(AttributeClearance, last.Clearance, next.Clearance)
	keyword(AttributeControl, last.Control, next.Control)
	keyword(AttributeProgram, last.Program, next.Program)
	keyword(AttributeOwner, last.Owner, next.Owner)
	keyword(AttributeGuest, last.GuestRef, next.GuestRef)
	updates = append(updates, instant(AttributeNextDeadline, last.NextDeadline, next.NextDeadline)...)
	updates = append(updates, instant(AttributeArrival, last.ArrivalAt, next.ArrivalAt)...)
	if !slices.Equal(last.Attention, next.Attention) {
		updates = append(updates, attention(next.Attention))
	}
	if !last.Once || last.Test != next.Test {
		updates = append(updates, AttributeTest.ValueSet(next.Test))
	}
	if len(updates) == 0 {
		return
	}
	must(workflow.UpsertTypedSearchAttributes(ctx, updates...))
	c.common.Published = next
}

func attention(reasons []string) temporal.SearchAttributeUpdate {
	if len(reasons) == 0 {
		return AttributeAttention.ValueUnset()
	}
	return AttributeAttention.ValueSet(reasons)
}

func instant(key temporal.SearchAttributeKeyTime, before, now time.Time) []temporal.SearchAttributeUpdate {
	switch {
	case before.Equal(now):
		return nil
	case now.IsZero():
		return []temporal.SearchAttributeUpdate{key.ValueUnset()}
	default:
		return []temporal.SearchAttributeUpdate{key.ValueSet(now)}
	}
}

func (c *Core) present(face Face) published {
	next := published{
		Stage: face.Stage, Money: face.Money, Clearance: face.Clearance, Control: c.common.Control,
		Program: face.Program, Owner: face.Owner, GuestRef: face.GuestRef, ArrivalAt: face.ArrivalAt,
		Attention: append([]string(nil), c.common.Attention...), Test: face.Test, Once: true,
	}
	for _, deadline := range c.NextDeadlines() {
		// Nobody waits for this class: past, it would look like a lost deadline.
		if deadline.Class != ClassAttention {
			next.NextDeadline = deadline.At
			break
		}
	}
	return next
}
