package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"guestjourney/starter/calls"
	"guestjourney/workflows/kit"
)

// Look is what is new, and where the workflow stands after it.
type Look struct {
	Changes  []Change // in the order in which they happened
	Standing Standing
	// Unanswered: no worker answers, so Standing is old.
	Unanswered bool
}

// Times of the following.
const (
	// gather is how long a change waits for those that come with it.
	gather = 150 * time.Millisecond
	// patience is how long a worker may take to answer.
	patience = 5 * time.Second
	// askAgain is the pause after a question that nobody answered; it doubles.
	askAgain    = time.Second
	askAgainMax = 15 * time.Second
)

// unansweredTold is how many questions in a row may stay unanswered before it
// is told: a new workflow, or a new worker, is not ready at once.
const unansweredTold = 2

type follower struct {
	temporal client.Client
	data     converter.DataConverter
	id       string
	take     func(Look)

	heard    chan heard
	running  sync.WaitGroup
	followed []string // whose histories are listened to
	readers  map[string]*calls.Reader

	story      *Story
	fresh      []Change
	asking     bool // the workflow may have gone on since the last answer
	unanswered int  // questions in a row
	closed     string
}

// Follow calls take for every look at a workflow that brings something new: at
// once with what has happened in its present run, then as it goes on. It
// returns nil after the workflow has closed and take has heard of it, and else
// why it could not go on. Data reads what the client's converter wrote.
func Follow(ctx context.Context, temporal client.Client, data converter.DataConverter, id string, take func(Look)) error {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{
		temporal: temporal, data: data, id: id, take: take,
		heard: make(chan heard), readers: map[string]*calls.Reader{}, story: NewStory(id),
	}
	defer f.running.Wait()
	defer cancel()
	f.join(ctx, id)
	return f.run(ctx)
}

func (f *follower) run(ctx context.Context) error {
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case what := <-f.heard:
			if err := f.note(what); err != nil {
				return err
			}
			if due == nil {
				due = time.After(gather)
			}
		case <-due:
			due = nil
			if err := f.look(ctx); err != nil {
				return err
			}
			if f.closed != "" {
				return nil
			}
			if f.unanswered > 0 {
				due = time.After(min(askAgain<<min(f.unanswered-1, 4), askAgainMax))
			}
		}
	}
}

// join listens to one more history.
func (f *follower) join(ctx context.Context, id string) {
	if slices.Contains(f.followed, id) {
		return
	}
	f.followed = append(f.followed, id)
	f.running.Go(func() { f.listen(ctx, id) })
}

// note takes one event.
func (f *follower) note(what heard) error {
	if what.err != nil {
		if what.workflow != f.id && missing(what.err) {
			return nil
		}
		return fmt.Errorf("follow %s: %w", what.workflow, what.err)
	}
	if what.event.GetEventId() == 1 { // a run of its own
		f.readers[what.workflow] = calls.NewReader(f.data)
	}
	if call, ok := f.readers[what.workflow].Read(what.event); ok && call.Outside {
		f.tellCall(what.workflow, call)
	}
	if what.workflow == f.id {
		f.asking = true
		f.closed = closing(what.event)
	}
	return nil
}

// tellCall tells a call that began and ended within one look once.
func (f *follower) tellCall(workflow string, call calls.Call) {
	change := Change{At: call.At, Workflow: workflow, Kind: KindCall, Text: callText(call), Call: &call}
	if !call.Ended.IsZero() {
		change.At = call.Ended
		f.fresh = slices.DeleteFunc(f.fresh, func(c Change) bool {
			return c.Call != nil && c.Workflow == workflow && c.Call.Event == call.Event
		})
	}
	f.fresh = append(f.fresh, change)
}

// look asks the workflow where it stands, if it may have gone on, and tells.
func (f *follower) look(ctx context.Context) error {
	if f.asking {
		if err := f.ask(ctx); err != nil {
			return err
		}
	}
	if f.closed != "" {
		f.notice(KindClosed, f.closed)
	}
	slices.SortStableFunc(f.fresh, func(a, b Change) int { return a.At.Compare(b.At) })
	f.take(Look{Changes: f.fresh, Standing: f.story.Standing(), Unanswered: f.unanswered >= unansweredTold})
	f.fresh = nil
	return nil
}

func (f *follower) ask(ctx context.Context) error {
	var timeline []kit.Line
	var status Standing
	err := f.query(ctx, kit.QueryStatus, &status)
	if err == nil {
		err = f.query(ctx, kit.QueryTimeline, &timeline)
	}
	if err != nil {
		return f.bear(ctx, err)
	}
	if f.unanswered >= unansweredTold {
		f.notice(KindNotice, "a worker answers again")
	}
	f.asking, f.unanswered = false, 0
	f.fresh = append(f.fresh, f.story.Look(time.Now(), timeline, status)...)
	for _, id := range status.Others() {
		f.join(ctx, id)
	}
	return nil
}

func (f *follower) query(ctx context.Context, name string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	value, err := f.temporal.QueryWorkflow(ctx, f.id, "", name)
	if err != nil {
		return fmt.Errorf("query %s of %s: %w", name, f.id, err)
	}
	return value.Get(into)
}

// bear keeps on when nobody answers; what the workflow itself refuses is an
// error.
func (f *follower) bear(ctx context.Context, err error) error {
	var refused *serviceerror.QueryFailed
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return err
	}
	f.unanswered++
	if f.unanswered == unansweredTold {
		f.notice(KindNotice, "no worker answers; is one running? What follows comes from the history alone")
	}
	return nil
}

func (f *follower) notice(kind, text string) {
	f.fresh = append(f.fresh, Change{At: time.Now(), Workflow: f.id, Kind: kind, Text: text})
}
