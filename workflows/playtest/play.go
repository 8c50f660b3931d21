// Package playtest plays one workflow from its start to its end in the SDK's test
// environment, over every run, on a clock that skips. The tests of a workflow call
// it: their own play embeds a Play and adds what is outside of that workflow. It
// owns the clock, the acts and the loop over the runs, and promises that an act
// happens once, at its instant, in whichever run that is; that a run gets what the
// one before it handed over and nothing else; and that a play without an end, or
// one that ends before its acts, fails its test.
package playtest

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Begin is when every play starts: noon UTC on 1 March 2027.
var Begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// Policy lets everything come in clear: a test environment has no keys.
var Policy = kit.Policy{AllowPlaintext: func() bool { return true }}

// maxRuns is far more than any play needs.
const maxRuns = 100

// T is a test, or one of rapid's.
type T interface {
	require.TestingT
	Helper()
	Fatalf(format string, args ...any)
}

// Play is one workflow, from its start to its end.
type Play[Input, Result any] struct {
	T     T
	Input Input // of the first run
	// Before prepares each run, if it is set: it registers what is outside.
	Before func()
	// EndsEarly: the workflow may end before every act was done.
	EndsEarly bool
	// Interceptors are those of the worker.
	Interceptors []interceptor.WorkerInterceptor

	Env    *testsuite.TestWorkflowEnvironment // of the present run
	Runs   int                                // the present one included
	Result Result                             // if Err is nil
	Err    error                              // of the last run

	workflowID, workflowType string
	workflow                 func(workflow.Context, converter.RawValue) (Result, error)
	acts                     []*act // still to come
}

type act struct {
	at time.Time
	do func()
}

// New prepares the play of a workflow that is defined by the kit.
func New[Input, Result any](
	t T, workflowID, workflowType string,
	define func(kit.Policy) func(workflow.Context, converter.RawValue) (Result, error), input Input,
) *Play[Input, Result] {
	return &Play[Input, Result]{T: t, Input: input, workflowID: workflowID, workflowType: workflowType, workflow: define(Policy)}
}

// After does something so long after the start, in whichever run that is.
func (p *Play[Input, Result]) After(delay time.Duration, do func()) { p.At(Begin.Add(delay), do) }

// At does something at an instant; an act may plan others.
func (p *Play[Input, Result]) At(instant time.Time, do func()) {
	next := &act{instant, do}
	p.acts = append(p.acts, next)
	if p.Env != nil {
		p.plan(next)
	}
}

// plan plans an act in the present run. It is struck off when it happens, so that
// the next run plans the rest.
func (p *Play[Input, Result]) plan(next *act) {
	p.Env.RegisterDelayedCallback(func() {
		p.acts = slices.DeleteFunc(p.acts, func(a *act) bool { return a == next })
		next.do()
	}, max(next.at.Sub(p.Env.Now()), 0))
}

// Renew asks for the next run.
func (p *Play[Input, Result]) Renew(delay time.Duration) {
	p.After(delay, func() { p.Env.SignalWorkflow(kit.SignalContinueAsNew, kit.Empty{}) })
}

// Update gives a command under an ID. then hears why it is refused, or nil as soon
// as it is accepted; one that fails after that fails the test.
func (p *Play[Input, Result]) Update(update, id string, command any, then func(refused error)) {
	p.Env.UpdateWorkflow(update, id, &testsuite.TestUpdateCallback{
		OnAccept: func() { then(nil) }, OnReject: then, OnComplete: func(_ any, err error) { assert.NoError(p.T, err, update) },
	}, command)
}

// Ask reads a query's answer; after the end it is that of the last run.
func (p *Play[Input, Result]) Ask(query string, into any) {
	p.T.Helper()
	value, err := p.Env.QueryWorkflow(query)
	require.NoError(p.T, err, query)
	require.NoError(p.T, value.Get(into), query)
}

// Run plays to the end. That the workflow itself fails is for the test to judge.
func (p *Play[Input, Result]) Run() {
	p.T.Helper()
	input := p.Input
	for at := Begin; p.Runs < maxRuns; at = p.Env.Now() {
		p.Runs++
		p.begin(at)
		p.Env.ExecuteWorkflow(p.workflowType, input)
		if !p.Env.IsWorkflowCompleted() {
			p.T.Fatalf("it neither ended nor went on")
		}
		var again *workflow.ContinueAsNewError
		if p.Err = p.Env.GetWorkflowError(); !errors.As(p.Err, &again) {
			p.end()
			return
		}
		var next Input // an empty one: maps would be merged
		require.NoError(p.T, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
		input = next
	}
	p.T.Fatalf("%d runs and no end", maxRuns)
}

// begin makes the environment of a run, and plans in it what is still to come.
func (p *Play[Input, Result]) begin(at time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p.Env = suite.NewTestWorkflowEnvironment()
	p.Env.SetStartTime(at)
	p.Env.SetTestTimeout(time.Minute)
	// A machine that is busy with other tests is no deadlock.
	p.Env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: p.Interceptors})
	p.Env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: p.workflowID})
	p.Env.RegisterWorkflowWithOptions(p.workflow, workflow.RegisterOptions{Name: p.workflowType})
	for _, next := range p.acts {
		p.plan(next)
	}
	if p.Before != nil {
		p.Before()
	}
}

func (p *Play[Input, Result]) end() {
	p.T.Helper()
	if p.Err != nil {
		return
	}
	require.NoError(p.T, p.Env.GetWorkflowResult(&p.Result))
	if !p.EndsEarly {
		require.Empty(p.T, p.acts, "everything was done")
	}
}
