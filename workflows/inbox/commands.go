package inbox

import (
	"cmp"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// roles says who may give which command. To discard is to lose a fact of a
// guest, so whoever only mends the system cannot.
var roles = kit.Roles{
	kit.UpdateHold:    {kit.RoleOperator, kit.RoleManager},
	kit.UpdateRelease: {kit.RoleOperator, kit.RoleManager},
	UpdateRoute:       {kit.RoleOperator, kit.RoleManager, kit.RoleEngineer},
	UpdateRetry:       {kit.RoleOperator, kit.RoleManager, kit.RoleEngineer},
	UpdateDiscard:     {kit.RoleOperator, kit.RoleManager},
}

// offer sets every handler, before the first wait.
func (e *event) offer(ctx workflow.Context) {
	e.core.Restrict(roles)
	kit.OfferHold(ctx, e.core, nil, nil)
	kit.OnCommand(ctx, e.core, UpdateRoute, "Hand the fact to its workflow now, or to another one.", e.open, e.checkRoute,
		func(id string, route Route) kit.Verdict {
			target := cmp.Or(route.Target, e.state.Target)
			e.ask(Ask{Command: UpdateRoute, ID: id, Target: target})
			return kit.Verdict{Pending: true, Detail: "handing it to " + target}
		})
	kit.OnCommand(ctx, e.core, UpdateRetry, "Look for the workflow now, and then soon again: the pauses begin anew.", e.open, nothingToCheck,
		func(id string, _ kit.Envelope) kit.Verdict {
			e.ask(Ask{Command: UpdateRetry, ID: id})
			return kit.Verdict{Pending: true, Detail: "looking for " + e.state.Target}
		})
	kit.OnCommand(ctx, e.core, UpdateDiscard, "Give the event up: nobody gets the fact.", e.open, nothingToCheck,
		func(id string, _ kit.Envelope) kit.Verdict {
			e.ask(Ask{Command: UpdateDiscard, ID: id})
			return kit.Verdict{Pending: true, Detail: "discarding it"}
		})
	e.offerQueries(ctx)
	e.core.Upcoming(e.upcoming)
	e.core.DivertWhen(func() bool { return len(e.state.Asked) > 0 || e.core.Held() != e.held })
}

func (e *event) offerQueries(ctx workflow.Context) {
	kit.OnQuery(ctx, kit.QueryStatus, "Where the event stands.", e.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return e.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", e.core.NextDeadlines)
	kit.OnQuery(ctx, QueryExplain, "Why the event waits, what would end that, and when a person is asked.", e.explain)
	kit.OfferAllowed(ctx, e.core)
}

func (e *event) ask(ask Ask) { e.state.Asked = append(e.state.Asked, ask) }

// open is the gate of every command.
func (e *event) open() error {
	if !e.waits() {
		return fmt.Errorf("the event is %s already", e.state.Stage)
	}
	return nil
}

func nothingToCheck(kit.Envelope) error { return nil }

func (e *event) checkRoute(route Route) error {
	if route.Target == "" {
		return nil
	}
	if err := checkTarget(route.Target); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	if err := Takes(route.Target, e.input.Signal); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return nil
}

// obey does what the oldest command asks for, during a hold as well: a hold
// stops what the event does by itself.
func (e *event) obey(ctx workflow.Context) {
	ask := e.state.Asked[0]
	e.state.Asked = e.state.Asked[1:]
	switch ask.Command {
	case UpdateDiscard:
		e.core.Complete(ask.ID, "done", "discarded")
		e.end(ctx, StageDiscarded)
	case UpdateRoute:
		if err := e.try(ctx, ask.Target); err != nil {
			e.core.Complete(ask.ID, "failed", e.missing(ask.Target))
			return
		}
		e.core.Complete(ask.ID, "done", "taken by "+ask.Target)
	case UpdateRetry:
		e.state.Round = 0
		if err := e.try(ctx, e.state.Target); err == nil {
			e.core.Complete(ask.ID, "done", "taken by "+e.state.Target)
			return
		}
		e.pause(ctx)
		e.core.Complete(ask.ID, "failed", e.missing(e.state.Target)+"; next try at "+e.state.NextTry.Format(time.RFC3339))
	}
}
