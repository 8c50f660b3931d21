package modeltest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/directory"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/playtest"
	"guestjourney/workflows/worldtest"
)

// begin is when every sequence starts.
var begin = playtest.Begin

// act is one thing that happens at an instant.
type act struct {
	name string
	at   time.Time
	do   func(*play)
}

// play is one journey under one sequence, over all its runs.
type play struct {
	*playtest.Play[journey.Input, journey.Result]
	world *worldtest.World
	model model
	told  int // numbers the reports of plan and appointment

	plan    standIn
	place   standIn
	places  int
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

// witness is a test that tells what happened before it failed.
type witness struct {
	playtest.T
	play *play
}

func (w witness) Fatalf(format string, args ...any) {
	w.Helper()
	w.T.Fatalf("%s\nstages %v\nrun %d\n%s", fmt.Sprintf(format, args...), w.play.last, w.play.Runs, lines(w.play.account))
}

func newPlay(t playtest.T) *play {
	p := &play{model: model{overridden: map[string]bool{}}}
	p.world = worldtest.New(worldtest.Medical(), func() time.Time { return p.Env.Now() })
	input := journey.Input{Program: p.world.Program.Code, Lead: directory.Lead{
		Email: "ana@example.com", Phone: "+525512345678", FirstName: "Ana", LastName: "Luz", Source: "website",
	}}
	p.Play = playtest.New(witness{t, p}, worldtest.JourneyID, journey.Type, journey.Workflow, input)
	p.Before, p.EndsEarly = p.serve, true
	p.Interceptors = []interceptor.WorkerInterceptor{&toOthers{play: p}}
	return p
}

// run plays the sequence to the journey's end.
func (p *play) run() {
	p.Run()
	if p.Err != nil {
		p.T.Fatalf("the journey failed: %v", p.Err)
	}
	p.look()
}

// serve registers the outside.
func (p *play) serve() {
	p.Env.RegisterWorkflowWithOptions(p.startPlan, workflow.RegisterOptions{Name: payment.Type})
	p.Env.RegisterWorkflowWithOptions(p.startPlace, workflow.RegisterOptions{Name: appointment.Type})
	p.world.Register(p.Env)
}

// add plans one act, before which the journey is compared with the model.
func (p *play) add(next act) {
	p.At(next.at, func() {
		if !strings.HasPrefix(next.name, "look") {
			p.look()
			p.account = append(p.account, fmt.Sprintf("%s %s", p.Env.Now().Format(time.DateTime), next.name))
		}
		next.do(p)
	})
}

// soon makes the outside answer after a while.
func (p *play) soon(name string, after time.Duration, do func(*play)) {
	p.told++
	p.add(act{name: fmt.Sprintf("%s-%d", name, p.told), at: p.Env.Now().Add(after), do: do})
}

// look compares the journey with the model.
func (p *play) look() {
	view, stages := p.view()
	if view.Stage == "" {
		return
	}
	if err := p.model.check(view, stages); err != nil {
		p.T.Fatalf("%v", err)
	}
	p.last = stages
	p.effectsOnce()
}

func (p *play) view() (journey.Overview, []string) {
	var view journey.Overview
	var lines []kit.Line
	value, err := p.Env.QueryWorkflow(kit.QueryStatus)
	if err != nil {
		return view, nil // not begun
	}
	if err := value.Get(&view); err != nil {
		p.T.Fatalf("status: %v", err)
	}
	value, err = p.Env.QueryWorkflow(kit.QueryTimeline)
	if err == nil {
		err = value.Get(&lines)
	}
	if err != nil {
		p.T.Fatalf("timeline: %v", err)
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
			p.T.Fatalf("%s happened %d times", operation, count)
		}
	}
	for i, mail := range p.world.Mails {
		if slices.Contains(p.world.Mails[:i], mail) && !repeats(mail) {
			p.T.Fatalf("the guest got this mail twice:\n%s", mail)
		}
	}
}

func lines(list []string) (text string) {
	for _, line := range list {
		text += line + "\n"
	}
	return text
}
