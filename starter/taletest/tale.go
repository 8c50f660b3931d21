// Package taletest is a workflow for the tests of the CLI: it has a journey's
// face and the kit's real steps, waits and commands, and no guest.
//
// Called by tests only. It owns the workflow, which may run under the name of
// any type, and the provider that it calls. It promises to do nothing by itself
// but what its input says.
package taletest

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// Input says what the tale does.
type Input struct {
	// Plan is started as a child, and told as the journey's payment plan.
	Plan string `json:"plan,omitempty"`
	// Call makes one call, of the step "charge"; Before bounds it.
	Call   bool             `json:"call,omitempty"`
	Before time.Time        `json:"before,omitzero"`
	Waits  options.Duration `json:"waits"` // until its deadline, "offer"
	// Start makes it an appointment.
	Start     time.Time `json:"start,omitzero"`
	ArrivalAt time.Time `json:"arrivalAt,omitzero"`
	Program   string    `json:"program,omitempty"`
	Owner     string    `json:"owner,omitempty"`
	Clearance string    `json:"clearance,omitempty"`
	State     *State    `json:"state,omitempty"`
}

// Problems finds none.
func (Input) Problems() []string { return nil }

// State travels along.
type State struct {
	Common  kit.Common      `json:"common"`
	Stage   string          `json:"stage"`
	Since   time.Time       `json:"since"`
	Money   journey.Money   `json:"money"`
	Session journey.Session `json:"session"`
}

// Stages of the tale.
const (
	StageBegun   = "begun"
	StageOffer   = "offer"
	StageClosing = "closing"
)

// Charge is the name of the only activity, and QueuePayments its queue.
const Charge = "payments.Charge"

// Explained answers the query explain.
const Explained = `{"stage":"offer","since":"2027-03-01T09:00:00Z","waitsFor":"offer","control":"running",` +
	`"blocked":[{"reason":"the deposit is not paid","unblock":["the guest pays","update cancel"]}],` +
	`"next":[{"name":"offer","at":"2027-03-02T09:00:00Z","consequence":"lost"}],` +
	`"escalates":{"at":"2027-03-01T10:00:00Z","what":"attention"}}`

var policy = kit.Policy{AllowPlaintext: func() bool { return false }}

// pace tries a failed step again soon enough for a test to see, and asks for
// a person at once.
var pace = options.Pace{RetryFirst: options.Duration(time.Hour), RetryMax: options.Duration(time.Hour), AttentionAfter: options.Duration(time.Millisecond)}

// Provider answers the calls.
type Provider func(ctx context.Context, key string) error

// Register registers the tale under the names of the real types.
func Register(registry worker.WorkflowRegistry) {
	for _, name := range []string{journey.Type, payment.Type, appointment.Type} {
		registry.RegisterWorkflowWithOptions(tale(name), workflow.RegisterOptions{Name: name})
	}
}

// Workers start what the tale needs; the provider's worker polls the queue of
// payments. They stop by the returned function.
func Workers(connection client.Client, provider Provider) (stop func(), err error) {
	tales := worker.New(connection, options.QueueJourneys, worker.Options{WorkerStopTimeout: time.Second})
	Register(tales)
	calls := worker.New(connection, options.QueuePayments, worker.Options{WorkerStopTimeout: time.Second})
	calls.RegisterActivityWithOptions(func(ctx context.Context, command options.Command[string]) (string, error) {
		return "", failure.ToTemporal(provider(ctx, command.Effect.Key))
	}, activity.RegisterOptions{Name: Charge})
	for _, one := range []worker.Worker{tales, calls} {
		if err := one.Start(); err != nil {
			return nil, err
		}
	}
	return func() { tales.Stop(); calls.Stop() }, nil
}

func tale(name string) func(workflow.Context, converter.RawValue) (struct{}, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (struct{}, error) {
		t := &teller{name: name, input: input, state: input.State}
		if t.state == nil {
			t.state = &State{Stage: StageBegun, Since: workflow.Now(ctx).UTC(), Money: journey.Money{PlanID: input.Plan}}
		}
		ctx, t.core = kit.Open(ctx, &t.state.Common, policy, pace, t.face)
		t.offer(ctx)
		return struct{}{}, t.run(ctx)
	})
}

type teller struct {
	name  string
	input Input
	state *State
	core  *kit.Core
	done  bool
}

func (t *teller) face() kit.Face {
	return kit.Face{
		Stage: t.state.Stage, Since: t.state.Since, Money: t.state.Money.State, Program: t.input.Program,
		ArrivalAt: t.input.ArrivalAt, Owner: t.input.Owner, Clearance: t.input.Clearance,
	}
}

func (t *teller) run(ctx workflow.Context) error {
	err := t.story(ctx)
	t.core.Finish(ctx)
	if errors.Is(err, kit.ErrLeave) {
		t.input.State = t.state
		return kit.ContinueAsNew(ctx, t.name, t.input)
	}
	return err
}

func (t *teller) story(ctx workflow.Context) error {
	if t.input.Plan != "" {
		kit.Child(ctx, t.core, "plan", payment.Type, t.input.Plan, Input{Waits: t.input.Waits, Call: t.input.Call})
	}
	if t.input.Call {
		_, err := kit.Do(ctx, t.core, kit.Step[string, string]{Name: "charge", Request: "r", Skippable: true, Before: t.input.Before, Call: charge})
		if err != nil && !errors.Is(err, kit.ErrStepMissed) {
			return err
		}
	}
	t.enter(ctx, StageOffer)
	t.state.Money.State = payment.MoneyPending
	deadline := t.core.Deadline("offer", workflow.Now(ctx).Add(t.input.Waits.Value()), kit.ClassGuest, "lost")
	if _, err := t.core.Until(ctx, deadline, func() bool { return t.done }); err != nil {
		return err
	}
	t.enter(ctx, StageClosing)
	return nil
}

func charge(ctx workflow.Context, effect options.Effect, request string) options.Result[string] {
	return options.Mutate[string, string](ctx, options.Outside, options.QueuePayments, Charge, "deposit", effect, request)
}

func (t *teller) enter(ctx workflow.Context, stage string) {
	if t.state.Stage != stage {
		t.state.Stage, t.state.Since = stage, workflow.Now(ctx).UTC()
		t.core.Note(ctx, "stage", stage)
	}
}

func (t *teller) offer(ctx workflow.Context) {
	kit.OnSignal(ctx, t.core, kit.SignalGuest, "A guest's fact.", func(fact kit.Fact) string { return fact.ID },
		func(fact kit.Fact) { t.core.Note(ctx, "fact", fact.Provider+" "+fact.Type) })
	kit.OfferCommands(ctx, t.core, nil, nil)
	kit.OnUpdate(ctx, t.core, kit.UpdateCancel, "End the tale.", func(kit.Cancel) error { return nil },
		func(_ string, command kit.Cancel) kit.Verdict {
			t.done = true
			return kit.Verdict{Detail: "by " + command.By}
		})
	kit.OnQuery(ctx, kit.QueryStatus, "status", t.status)
	kit.OnQuery(ctx, kit.QueryTimeline, "timeline", func() []kit.Line { return t.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "next deadlines", t.core.NextDeadlines)
	if t.name == journey.Type {
		kit.OnQuery(ctx, "explain", "explain", func() plainJSON { return plainJSON(Explained) })
	}
}

func (t *teller) status() any {
	if t.name == appointment.Type {
		return appointment.Overview{Stage: t.state.Stage, Control: t.state.Common.Control, Start: t.input.Start, NextDeadlines: t.core.NextDeadlines()}
	}
	view := journey.Overview{
		Stage: t.state.Stage, Since: t.state.Since, WaitsFor: t.core.WaitsFor(), Control: t.state.Common.Control,
		Attention: t.state.Common.Attention, NextDeadlines: t.core.NextDeadlines(), Money: t.state.Money,
	}
	if entry := t.state.Common.Ledger["charge"]; entry != nil && entry.Status != kit.StepDone && entry.Status != kit.StepSkipped && entry.Status != kit.StepMissed {
		view.Steps = []journey.StepView{{Step: "charge", Status: entry.Status}}
	}
	return view
}

// plainJSON is written as it is.
type plainJSON string

// MarshalJSON returns the text.
func (j plainJSON) MarshalJSON() ([]byte, error) { return []byte(j), nil }
