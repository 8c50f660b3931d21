package health_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

var (
	begin  = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	policy = kit.Policy{AllowPlaintext: func() bool { return true }}
)

type act struct {
	at time.Time
	do func()
}

// play is IntegrationHealth over every run, on a clock that skips.
type play struct {
	t      *testing.T
	env    *testsuite.TestWorkflowEnvironment
	acts   []*act
	runs   int
	result health.Result
	desk   *desk
	before func() // each run, if it is set
}

func newPlay(t *testing.T) *play { return &play{t: t, desk: newDesk()} }

// after does something so long after the start, in whichever run that is.
func (p *play) after(delay time.Duration, do func()) {
	p.acts = append(p.acts, &act{begin.Add(delay), do})
}

// report sends a report of an instant at that instant.
func (p *play) report(at time.Duration, findings ...health.Finding) {
	p.reportAt(at, at, findings...)
}

// reportAt sends, at one instant, a report of another one.
func (p *play) reportAt(sent, of time.Duration, findings ...health.Finding) {
	p.after(sent, func() {
		p.env.SignalWorkflow(health.SignalReport, health.Report{At: begin.Add(of), Findings: findings})
	})
}

// shows looks at the status a second after an instant.
func (p *play) shows(at time.Duration, look func(health.Overview)) {
	p.after(at+time.Second, func() { look(p.status()) })
}

// run plays to the cancel, which comes after so long.
func (p *play) run(end time.Duration) {
	p.t.Helper()
	p.after(end, func() { p.env.CancelWorkflow() })
	input := health.Input{}
	for at := begin; p.runs < 20; at = p.env.Now() {
		p.runs++
		p.begin(at)
		p.env.ExecuteWorkflow(health.Type, input)
		require.True(p.t, p.env.IsWorkflowCompleted())
		var again *workflow.ContinueAsNewError
		err := p.env.GetWorkflowError()
		if !errors.As(err, &again) {
			require.NoError(p.t, err)
			require.NoError(p.t, p.env.GetWorkflowResult(&p.result))
			require.Empty(p.t, p.acts, "everything was done")
			return
		}
		input = health.Input{}
		require.NoError(p.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &input))
	}
	p.t.Fatal("20 runs and no end")
}

func (p *play) begin(at time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p.env = suite.NewTestWorkflowEnvironment()
	p.env.SetStartTime(at)
	p.env.SetTestTimeout(time.Minute)
	p.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	p.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: health.ID})
	p.env.RegisterWorkflowWithOptions(health.Workflow(policy), workflow.RegisterOptions{Name: health.Type})
	p.desk.serve(p.env)
	if p.before != nil {
		p.before()
	}
	for _, next := range slices.Clone(p.acts) {
		p.env.RegisterDelayedCallback(func() {
			p.acts = slices.DeleteFunc(p.acts, func(a *act) bool { return a == next })
			next.do()
		}, max(next.at.Sub(at), 0))
	}
}

func (p *play) status() (view health.Overview) {
	p.t.Helper()
	p.ask(kit.QueryStatus, &view)
	return view
}

func (p *play) ask(query string, into any) {
	p.t.Helper()
	value, err := p.env.QueryWorkflow(query)
	require.NoError(p.t, err)
	require.NoError(p.t, value.Get(into))
}

func up(capability, provider string) health.Finding {
	return health.Finding{Capability: capability, Provider: provider}
}

func ill(capability, provider string) health.Finding {
	return health.Finding{Capability: capability, Provider: provider, Failed: true, Class: failure.Ambiguous, Code: "status_503"}
}

func stripeUp() health.Finding  { return up(options.QueuePayments, "stripe") }
func stripeIll() health.Finding { return ill(options.QueuePayments, "stripe") }
