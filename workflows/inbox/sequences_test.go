package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guestjourney/activities/options"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

// TestRandomSequences: whatever happens in whatever order, the fact is taken
// once or not at all, the end says which, the event always ends, and every
// command that was accepted has its answer.
func TestRandomSequences(t *testing.T) { rapid.Check(t, sequence) }

func sequence(t *rapid.T) {
	input := event()
	input.Term = options.Duration(2 * day)
	p := newPlay(t, input)
	p.EndsEarly = true
	accepted := map[string]bool{}
	command := func(name, id string, input any) {
		p.Update(name, id, input, func(rejected error) {
			if rejected == nil {
				accepted[id] = true
			}
		})
	}
	acts := map[string]func(id string){
		"open":  func(string) { p.open[plan] = true },
		"close": func(string) { delete(p.open, plan) },
		"other": func(string) { p.open["pay/other"] = true },
		"route": func(id string) { command(inbox.UpdateRoute, id, inbox.Route{Envelope: operator()}) },
		"elsewhere": func(id string) {
			command(inbox.UpdateRoute, id, inbox.Route{Envelope: operator(), Target: "pay/other"})
		},
		"retry":      func(id string) { command(inbox.UpdateRetry, id, operator()) },
		"discard":    func(id string) { command(inbox.UpdateDiscard, id, operator()) },
		"hold":       func(id string) { command(kit.UpdateHold, id, kit.Hold{Envelope: operator()}) },
		"release":    func(id string) { command(kit.UpdateRelease, id, kit.Release{Envelope: operator()}) },
		"renew":      func(string) { p.Env.SignalWorkflow(kit.SignalContinueAsNew, kit.Empty{}) },
		"cancel":     func(string) { p.Env.CancelWorkflow() },
		"bad signal": func(string) { p.Env.SignalWorkflow(kit.SignalContinueAsNew, map[string]any{"wrong": true}) },
	}
	names := []string{"open", "close", "other", "route", "elsewhere", "retry", "discard", "hold", "release", "renew", "cancel", "bad signal", "hold", "renew", "retry"}
	at := time.Duration(0)
	for i := range rapid.IntRange(0, 12).Draw(t, "acts") {
		at += time.Duration(rapid.SampledFrom([]int{0, 1, 15, 600, 3600, 20 * 3600}).Draw(t, "seconds")) * time.Second
		name := rapid.SampledFrom(names).Draw(t, "act")
		p.After(at, func() { acts[name](fmt.Sprint(i)) })
	}
	// In the end nobody holds it any more.
	p.After(at+3*day, func() { acts["release"]("last") })
	p.Run()
	if p.Err != nil {
		t.Fatalf("it failed: %v", p.Err)
	}
	check(t, p, accepted)
}

func check(t *rapid.T, p *play, accepted map[string]bool) {
	switch p.Result.Stage {
	case inbox.StageRouted:
		last := p.tries[len(p.tries)-1]
		if len(p.taken) != 1 || !strings.HasSuffix(last, " "+p.Result.Target) {
			t.Fatalf("routed to %s, but taken %d times, and %s was tried last", p.Result.Target, len(p.taken), last)
		}
	case inbox.StageDiscarded, inbox.StageExpired:
		if len(p.taken) != 0 {
			t.Fatalf("%s, but taken %d times", p.Result.Stage, len(p.taken))
		}
	default:
		t.Fatalf("it ended in %q", p.Result.Stage)
	}
	if p.Result.Tries != len(p.tries) {
		t.Fatalf("it counts %d tries of %d", p.Result.Tries, len(p.tries))
	}
	for _, outcome := range p.status().Commands {
		delete(accepted, outcome.CommandID)
		if outcome.Status == "pending" {
			t.Fatalf("%s has no answer", outcome.Command)
		}
	}
	if len(accepted) > 0 {
		t.Fatalf("commands without a trace: %v", accepted)
	}
}
