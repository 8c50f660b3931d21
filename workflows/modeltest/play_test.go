package modeltest

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/directory"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/worldtest"
)

// begin is when every sequence starts.
var begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// act is one thing that happens at an instant.
type act struct {
	name string
	at   time.Time
	do   func(*play)
}

// play is one journey under one sequence, over all its runs.
type play struct {
	t     failer
	env   *testsuite.TestWorkflowEnvironment
	world *worldtest.World
	model model
	acts  []act // still to come, soonest first
	input journey.Input
	told  int // numbers the reports of plan and appointment

	plan    standIn
	place   standIn
	places  int
	rounds  int
	account []string // what happened, for the failure's text
	last    []string // the stages so far
}

// standIn is what the journey's plan or appointment would know.
type standIn struct {
	id                 string
	closed             bool
	captured, refunded int64
	revision           int
}

// failer is a test, or one of rapid's.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newPlay(t failer) *play {
	p := &play{t: t, model: model{overridden: map[string]bool{}}}
	p.world = worldtest.New(worldtest.Medical(), func() time.Time { return p.env.Now() })
	p.input = journey.Input{Program: p.world.Program.Code, Lead: directory.Lead{
		Email: "ana@example.com", Phone: "+525512345678", FirstName: "Ana", LastName: "Luz", Source: "website",
	}}
	return p
}

// run plays the sequence to the journey's end, run after run.
func (p *play) run() {
	at := begin
	for p.rounds = 1; p.rounds < 100; p.rounds++ {
		p.open(at)
		p.env.ExecuteWorkflow(journey.Type, p.input)
		if !p.env.IsWorkflowCompleted() {
			p.fail("the journey neither ended nor went on")
		}
		at = p.env.Now()
		var again *workflow.ContinueAsNewError
		err := p.env.GetWorkflowError()
		switch {
		case errors.As(err, &again):
			if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &p.input); err != nil {
				p.fail("the next run's input cannot be read: %v", err)
			}
		case err != nil:
			p.fail("the journey failed: %v", err)
		default:
			p.look()
			return
		}
	}
	p.fail("100 runs and no end")
}

// open makes the environment of one run and plans what is still to come.
func (p *play) open(at time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p.env = suite.NewTestWorkflowEnvironment()
	p.env.SetStartTime(at)
	p.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: worldtest.JourneyID})
	p.env.SetTestTimeout(time.Minute)
	policy := kit.Policy{AllowPlaintext: func() bool { return true }}
	p.env.RegisterWorkflowWithOptions(journey.Workflow(policy), workflow.RegisterOptions{Name: journey.Type})
	p.env.RegisterWorkflowWithOptions(p.startPlan, workflow.RegisterOptions{Name: payment.Type})
	p.env.RegisterWorkflowWithOptions(p.startPlace, workflow.RegisterOptions{Name: appointment.Type})
	p.world.Register(p.env)
	p.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&toOthers{play: p}}})
	for _, next := range p.acts {
		p.later(next, at)
	}
}

// later plans one act in the present run. It is struck off the list when it
// happens, so that the next run plans the rest.
func (p *play) later(next act, now time.Time) {
	p.env.RegisterDelayedCallback(func() {
		p.acts = slices.DeleteFunc(p.acts, func(a act) bool { return a.name == next.name })
		if !strings.HasPrefix(next.name, "look") {
			p.look()
			p.account = append(p.account, fmt.Sprintf("%s %s", p.env.Now().Format(time.DateTime), next.name))
		}
		next.do(p)
	}, max(next.at.Sub(now), 0))
}

// soon makes the outside answer after a while.
func (p *play) soon(name string, after time.Duration, do func(*play)) {
	p.told++
	next := act{name: fmt.Sprintf("%s-%d", name, p.told), at: p.env.Now().Add(after), do: do}
	p.acts = append(p.acts, next)
	p.later(next, p.env.Now())
}

// look compares the journey with the model.
func (p *play) look() {
	view, stages := p.view()
	if view.Stage == "" {
		return
	}
	if err := p.model.check(view, stages); err != nil {
		p.fail("%v", err)
	}
	p.last = stages
	p.effectsOnce()
}

func (p *play) view() (journey.Overview, []string) {
	var view journey.Overview
	var lines []kit.Line
	value, err := p.env.QueryWorkflow(kit.QueryStatus)
	if err != nil {
		return view, nil // not begun
	}
	if err := value.Get(&view); err != nil {
		p.fail("status: %v", err)
	}
	value, err = p.env.QueryWorkflow(kit.QueryTimeline)
	if err == nil {
		err = value.Get(&lines)
	}
	if err != nil {
		p.fail("timeline: %v", err)
	}
	stages := []string{"captured"}
	if len(lines) == 200 { // the oldest lines are gone, and with them the first stages
		stages = nil
	}
	for _, line := range lines {
		if line.Kind == "stage" {
			stages = append(stages, line.Text)
		}
	}
	return view, stages
}

// effectsOnce: nothing that is done once in a journey was done twice.
func (p *play) effectsOnce() {
	counts := map[string]int{}
	for _, operation := range p.world.Order() {
		counts[operation]++
	}
	for operation, count := range counts {
		if operation != "sms" && operation != "email" && operation != "note" && count > 1 {
			p.fail("%s happened %d times", operation, count)
		}
	}
	for i, mail := range p.world.Mails {
		if slices.Contains(p.world.Mails[:i], mail) && !repeats(mail) {
			p.fail("the guest got this mail twice:\n%s", mail)
		}
	}
}

func (p *play) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s\nstages %v\nrun %d\n%s", fmt.Sprintf(format, args...), p.last, p.rounds, lines(p.account))
}

func lines(list []string) (text string) {
	for _, line := range list {
		text += line + "\n"
	}
	return text
}
