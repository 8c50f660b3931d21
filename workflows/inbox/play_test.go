package inbox_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

const (
	key  = "0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e"
	plan = "pay/late"
	day  = 24 * time.Hour
)

var (
	begin  = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	policy = kit.Policy{AllowPlaintext: func() bool { return true }}
)

// event is a payment that came before its plan.
func event() inbox.Input {
	return inbox.Input{
		Provider: "stripe", Type: "payment_intent.succeeded", Account: "acct_1", Event: key, Target: plan, Signal: kit.SignalPayment,
		Fact: kit.Fact{
			ID: "evt_1", Provider: "stripe", Type: "payment_intent.succeeded", OccurredAt: begin.Add(-time.Minute), Object: "pi_1",
			Data: map[string]string{"k": "v"},
		},
		ReceivedAt: begin.Add(-time.Second),
	}
}

// failer is a test, or one of rapid's.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

type act struct {
	at time.Time
	do func()
}

// play is one event from its start to its end, over every run, on a clock that
// skips. The other workflows are what is in open.
//
// An act and a try run on goroutines of their own: the lock keeps them apart.
type play struct {
	lock   sync.Mutex
	t      failer
	env    *testsuite.TestWorkflowEnvironment
	input  inbox.Input
	acts   []*act
	open   map[string]bool
	tries  []string   // when who was looked for
	taken  []kit.Fact // by whom they were taken is the result's word
	runs   int
	result inbox.Result
	err    error
}

func newPlay(t failer, input inbox.Input) *play {
	return &play{t: t, input: input, open: map[string]bool{}}
}

// after does something so long after the start, in whichever run that is.
func (p *play) after(delay time.Duration, do func()) {
	p.acts = append(p.acts, &act{begin.Add(delay), do})
}

// run plays to the end. An event that neither ends nor goes on fails.
func (p *play) run() {
	p.t.Helper()
	for at := begin; p.runs < 50; at = p.env.Now() {
		p.runs++
		p.begin(at)
		p.env.ExecuteWorkflow(inbox.Type, p.input)
		if !p.env.IsWorkflowCompleted() {
			p.t.Fatalf("the event neither ended nor went on")
		}
		var again *workflow.ContinueAsNewError
		p.err = p.env.GetWorkflowError()
		if errors.As(p.err, &again) {
			var next inbox.Input // an empty one: maps would be merged
			p.must(converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
			p.input = next
			continue
		}
		if p.err == nil {
			p.must(p.env.GetWorkflowResult(&p.result))
		}
		return
	}
	p.t.Fatalf("50 runs and no end")
}

func (p *play) begin(at time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p.env = suite.NewTestWorkflowEnvironment()
	p.env.SetStartTime(at)
	p.env.SetTestTimeout(time.Minute)
	p.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	p.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: inbox.ID("stripe", key)})
	p.env.RegisterWorkflowWithOptions(inbox.Workflow(policy), workflow.RegisterOptions{Name: inbox.Type})
	p.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(p.signalled).Maybe()
	for _, next := range slices.Clone(p.acts) {
		p.env.RegisterDelayedCallback(func() {
			p.lock.Lock()
			defer p.lock.Unlock()
			p.acts = slices.DeleteFunc(p.acts, func(a *act) bool { return a == next })
			next.do()
		}, max(next.at.Sub(at), 0))
	}
}

// signalled stands in for the other workflows.
func (p *play) signalled(_, workflowID, _, signal string, message any) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.tries = append(p.tries, p.env.Now().Sub(begin).String()+" "+workflowID)
	if !p.open[workflowID] {
		return &temporal.UnknownExternalWorkflowExecutionError{}
	}
	fact, isFact := message.(kit.Fact)
	if !isFact || signal != p.input.Signal {
		p.t.Fatalf("%s got %T by %s", workflowID, message, signal)
	}
	p.taken = append(p.taken, fact)
	return nil
}

// triedAt are the instants of the tries, counted from the start.
func (p *play) triedAt() string {
	var list []string
	for _, try := range p.tries {
		at, _, _ := strings.Cut(try, " ")
		list = append(list, at)
	}
	return strings.Join(list, " ")
}

func (p *play) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%v", err)
	}
}

// try sends an update under an ID and tells whether it was rejected, when that
// is known.
func (p *play) try(name, id string, input any, then func(rejected error)) {
	p.env.UpdateWorkflow(name, id, &testsuite.TestUpdateCallback{
		OnAccept: func() { then(nil) }, OnReject: then, OnComplete: func(_ any, err error) { p.must(err) },
	}, input)
}

// command sends an update that must be accepted.
func (p *play) command(name, id string, input any) {
	p.try(name, id, input, func(rejected error) { p.must(rejected) })
}

func (p *play) status() inbox.Overview {
	p.t.Helper()
	return ask[inbox.Overview](p, kit.QueryStatus)
}

func ask[T any](p *play, query string) (answer T) {
	p.t.Helper()
	value, err := p.env.QueryWorkflow(query)
	p.must(err)
	p.must(value.Get(&answer))
	return answer
}

// outcome is what became of a command, as the status tells.
func (p *play) outcome(id string) string {
	p.t.Helper()
	for _, outcome := range p.status().Commands {
		if outcome.CommandID == id {
			return outcome.Status + ": " + outcome.Detail
		}
	}
	return "unknown"
}

func operator() kit.Envelope {
	return kit.Envelope{Actor: "ana", Role: kit.RoleOperator, Reason: "a test"}
}

func by(role string) kit.Envelope {
	return kit.Envelope{Actor: "the-" + role, Role: role, Reason: "a test"}
}
