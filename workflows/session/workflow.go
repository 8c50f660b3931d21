package session

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

const (
	// maxSignals is how many transitions a run takes before it leaves its history:
	// the server's suggestion does not count signals, and its limit is 10,000.
	maxSignals = 2000
	// lookAgain is how often a session that is past its latest end looks whether
	// it can end.
	lookAgain = 10 * time.Minute

	deadlineEnd = "latest_end"
)

type monitor struct {
	core  *kit.Core
	state *State
	input Input
	id    string // workflow ID
	// underWay counts pages, and questions whom to page, of this run.
	underWay int
	signals  int // transitions that this run was sent
	// guarded ends when nobody watches the readings; nil before it began.
	guarded workflow.Future
}

// Workflow returns SessionMonitor under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		if input.State == nil {
			if reason := input.refusal(workflow.Now(ctx)); reason != "" {
				return Result{}, kit.InvalidInput(reason)
			}
		}
		m, ctx := restore(ctx, policy, input)
		return m.run(ctx)
	})
}

// restore restores or builds the state, sets every handler and takes up the calls
// that were under way.
func restore(ctx workflow.Context, policy kit.Policy, input Input) (*monitor, workflow.Context) {
	m := &monitor{state: input.State, input: input, id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	begins := m.state == nil
	if begins {
		now := workflow.Now(ctx).UTC()
		m.state = &State{Stage: StageWatching, Since: now, LatestEnd: input.LatestEnd.UTC(), Device: input.Device, AssignedAt: now, StartedAt: now}
	}
	cancellable := ctx
	ctx, m.core = kit.Open(ctx, &m.state.Common, policy, kit.NoPace, m.face)
	if begins {
		m.tell(ctx, Update{Kind: KindStarted})
		m.log(ctx, Entry{Kind: EntryStarted})
		m.log(ctx, Entry{Kind: EntryAssigned, Detail: input.Device})
	}
	m.offer(ctx)
	m.core.LeaveWhen(func(asked bool) bool { return (asked || m.signals >= maxSignals) && m.underWay == 0 })
	m.core.OnCancel(cancellable, func() { m.finish(ctx, ByCancel) })
	workflow.GoNamed(ctx, "ladder", m.prepare)
	if !m.state.Unwatched {
		workflow.GoNamed(ctx, "watch", m.watch)
	}
	for _, a := range m.state.Alarms {
		if !a.Call.Due.IsZero() {
			m.schedule(ctx, a, a.Call.Due)
		}
	}
	return m, ctx
}

// run serves until the session has ended. What comes in while the last things are
// told is served as well.
func (m *monitor) run(ctx workflow.Context) (Result, error) {
	for {
		err := m.turn(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			m.core.Finish(ctx)
			if m.underWay == 0 { // nothing came that is being paged already
				m.input.State = m.state
				return Result{}, kit.ContinueAsNew(ctx, Type, m.input)
			}
		case err != nil:
			return Result{}, err
		case m.mayEnd():
			if m.end(ctx) {
				return m.result(), nil
			}
		}
	}
}

// turn tells the journey what is yet to be told, or waits.
func (m *monitor) turn(ctx workflow.Context) error {
	if len(m.state.Updates) > 0 {
		update := m.state.Updates[0]
		m.state.Updates = m.state.Updates[1:]
		m.report(ctx, update)
		m.core.Forget("tell." + update.ID) // it has left the list
		return nil
	}
	wake, err := m.core.Until(ctx, m.deadline(), func() bool { return len(m.state.Updates) > 0 || m.mayEnd() })
	if err == nil && wake == kit.Expired {
		m.state.LatestEnd = workflow.Now(ctx).UTC().Add(lookAgain)
		m.core.Raise(ctx, AttentionOverdue)
		m.finish(ctx, ByLatestEnd)
	}
	return err
}

func (m *monitor) deadline() kit.Deadline {
	return kit.Deadline{
		Name: deadlineEnd, At: m.state.LatestEnd, Class: kit.ClassInternal, Quiet: m.state.How != "",
		Consequence: "attention, and the session ends as soon as every critical alarm is acknowledged",
	}
}

func (m *monitor) upcoming() []kit.Deadline {
	if m.state.Stage == StageEnded {
		return nil
	}
	return []kit.Deadline{m.deadline()}
}

// finish decides that the session ends, and how; the first decision counts.
func (m *monitor) finish(ctx workflow.Context, how string) {
	if m.state.How != "" {
		return
	}
	m.state.How = how
	m.enter(ctx, StageEnding)
}

func (m *monitor) enter(ctx workflow.Context, stage string) {
	m.state.Stage, m.state.Since = stage, workflow.Now(ctx).UTC()
	m.core.Note(ctx, "stage", stage)
}

// mayEnd: nobody is left alone with a critical alarm, and no page is cut off.
func (m *monitor) mayEnd() bool {
	return m.state.How != "" && m.underWay == 0 && len(m.state.Updates) == 0 && !m.state.some((*Alarm).presses)
}

// end stops the watching, tells the end once, and says whether it is one still.
func (m *monitor) end(ctx workflow.Context) bool {
	if m.unwatch(ctx) != nil || !m.mayEnd() || m.fileAtEnd(ctx) != nil {
		return false // something came that was found before, or the history is full
	}
	m.report(ctx, Update{
		ID: KindEnded, Kind: KindEnded, At: workflow.Now(ctx).UTC(), How: m.state.How, Criticals: m.state.Criticals, Record: m.state.Record,
	})
	m.core.Finish(ctx)
	if !m.mayEnd() {
		return false
	}
	m.enter(ctx, StageEnded)
	m.core.ShowEnd(ctx)
	return true
}

// tell keeps an update until the loop reports it.
func (m *monitor) tell(ctx workflow.Context, update Update) {
	update.ID, update.At = update.Kind, workflow.Now(ctx).UTC()
	if update.Number > 0 {
		update.ID = fmt.Sprintf("%s-%d", update.Kind, update.Number)
	}
	m.state.Updates = append(m.state.Updates, update)
}

// report tells the journey; the ID of an update says it once, on both sides.
func (m *monitor) report(ctx workflow.Context, update Update) {
	update.Session = m.id
	if m.input.Notify != "" {
		kit.Tell(ctx, m.core, "tell."+update.ID, m.input.Notify, SignalUpdate, update)
	}
}

func (m *monitor) result() Result {
	return Result{
		Stage: m.state.Stage, How: m.state.How, Transitions: m.state.Transitions, Criticals: m.state.Criticals,
		Pages: m.state.Paged, Missing: m.state.Numbers.Missing, Record: m.state.Record,
	}
}

func (m *monitor) face() kit.Face {
	return kit.Face{
		Stage: m.state.Stage, Since: m.state.Since, GuestRef: m.input.GuestRef, Owner: m.state.Responsible, Test: m.input.Test,
	}
}
