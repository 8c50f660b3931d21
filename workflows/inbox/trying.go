package inbox

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Names of the deadlines.
const (
	deadlineTry       = "try"
	deadlineAttention = "attention"
	deadlineTerm      = "term"
)

// setTerms sets the deadlines that count from the start. A hold stops the term,
// not the escalation.
func (e *event) setTerms() {
	term := e.input.Term.Value()
	if term == 0 {
		term = defaultTerm
	}
	e.core.Deadline(deadlineTerm, e.state.Since.Add(term), kit.ClassGuest, "expired: the fact stays in this history only")
	e.core.Deadline(deadlineAttention, e.state.Since.Add(e.pace.AttentionAfter.Value()), kit.ClassInternal, "attention: no workflow has taken the event")
}

// nextTry is when the target is looked for again. Such a moment is no line of
// the timeline: 30 days of them would push everything else out.
func (e *event) nextTry() kit.Deadline {
	return kit.Deadline{Name: deadlineTry, At: e.state.NextTry, Class: kit.ClassMessage, Consequence: "the workflow is looked for again", Quiet: true}
}

// upcoming lists the next try beside the deadlines that the kit keeps.
func (e *event) upcoming() []kit.Deadline {
	if !e.waits() || e.state.NextTry.IsZero() {
		return nil
	}
	return []kit.Deadline{e.nextTry()}
}

// tryIsDue: the target is looked for at once, and then whenever a pause is over.
func (e *event) tryIsDue(ctx workflow.Context) bool {
	return !e.core.Held() && !e.state.NextTry.After(workflow.Now(ctx))
}

func (e *event) tryAgain(ctx workflow.Context) {
	if err := e.try(ctx, e.state.Target); err != nil {
		e.pause(ctx)
	}
}

// try hands the fact to a workflow. nil means that it took it, and that the
// event has ended.
func (e *event) try(ctx workflow.Context, target string) error {
	e.state.Tries, e.state.LastTry = e.state.Tries+1, workflow.Now(ctx).UTC()
	err := e.signal(ctx, target)
	if err != nil && e.input.Start != nil && target == e.input.Target {
		if err = kit.Begin(ctx, e.core, target, *e.input.Start); err == nil {
			err = e.signal(ctx, target)
		}
	}
	if err != nil {
		if e.state.Tries == 1 {
			e.core.Note(ctx, "step", e.missing(target))
		}
		return err
	}
	e.state.Target = target
	e.core.Note(ctx, "step", e.input.Signal+" taken by "+target)
	e.end(ctx, StageRouted)
	return nil
}

func (e *event) signal(ctx workflow.Context, target string) error {
	return kit.Signal(ctx, e.core, target, e.input.Signal, e.input.Fact)
}

func (e *event) missing(target string) string {
	return e.input.Signal + " to " + target + " not delivered: it has closed or does not exist"
}

// pause plans the next try: each pause is twice the one before it, to a limit.
func (e *event) pause(ctx workflow.Context) {
	pause, limit := e.pace.RetryFirst.Value(), e.pace.RetryMax.Value()
	for range e.state.Round {
		pause = min(2*pause, limit)
	}
	e.state.Round++
	e.state.NextTry = workflow.Now(ctx).Add(min(pause, limit)).UTC()
}

// wait waits for whatever comes first: the next try, a person's turn, the end of
// the term. A command, and a hold that begins or ends, divert it.
func (e *event) wait(ctx workflow.Context) error {
	e.held = e.core.Held()
	next := e.next()
	if _, err := e.core.Until(ctx, next, func() bool { return false }); err != nil {
		return err
	}
	switch {
	case next.Name == deadlineTry || e.takenAtLast(ctx):
	case next.Name == deadlineAttention:
		e.core.Raise(ctx, Attention)
	case next.Name == deadlineTerm:
		e.end(ctx, StageExpired)
	}
	return nil
}

// takenAtLast looks once more before a person is asked, and before the event is
// given up: the pauses are long by then.
func (e *event) takenAtLast(ctx workflow.Context) bool {
	return !e.core.Held() && e.try(ctx, e.state.Target) == nil
}

// next is the first deadline that counts now: nothing is tried during a hold.
func (e *event) next() kit.Deadline {
	next, _ := e.core.Known(deadlineTerm)
	if attention, known := e.core.Known(deadlineAttention); known && attention.At.Before(next.At) {
		next = attention
	}
	if try := e.nextTry(); !e.held && try.At.Before(next.At) {
		next = try
	}
	return next
}

// escalates is when a person is asked, or the event given up.
func (e *event) escalates() (at time.Time, what string) {
	if deadline, known := e.core.Known(deadlineAttention); known {
		return deadline.At, deadline.Consequence
	}
	deadline, _ := e.core.Known(deadlineTerm)
	return deadline.At, deadline.Consequence
}
