// Each scenario is played once for every wait in it: without the race detector,
// which makes each several times slower, and sees the same code in the sequences.

//go:build !race

package modeltest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/programs"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// scenario is one way of a guest. Every act has its day.
type scenario struct {
	name string
	ends string
	acts []act
	// unmailed is a guest without an address, by night.
	unmailed bool
}

func on(days float64, name string, do func(*play)) act {
	return act{name: name, at: begin.Add(time.Duration(days * float64(day))), do: do}
}

// arrives is the arrival of these guests, on the twentieth day.
const arrives = 20

func intake(p *play) {
	p.fact("intake", journey.GuestIntake, map[string]string{"arrival": begin.Add(arrives * day).Format("2006-01-02T15:04:05")})
}

func consent(p *play) {
	p.fact("consent", journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "true", "version": "1"})
}

func form(id string) func(*play) {
	return func(p *play) { p.fact(id, journey.GuestHealth, map[string]string{"ref": id, "complete": "true"}) }
}

func accept(p *play) {
	p.fact("policy"+strconv.Itoa(p.places), journey.GuestPolicy, map[string]string{"version": "1"})
	p.fact("answer"+strconv.Itoa(p.places), journey.GuestAnswer, map[string]string{"answer": "accepted"})
}

func clinician(command string, fields map[string]any) func(*play) {
	return func(p *play) {
		if fields["role"] == nil {
			fields["role"] = "clinician"
		}
		fields["actor"], fields["approvedBy"] = "dr", "manager-1"
		if command != "override_stage" {
			delete(fields, "approvedBy")
		}
		if command == "approve_clearance" {
			view, _ := p.view()
			fields["decision"], fields["validUntil"], fields["evidenceRef"] = "cleared", view.Departure, "e"
		}
		p.command(command, fields, func(rejected error) {
			if rejected != nil {
				p.T.Fatalf("%s: %v", command, rejected)
			}
		})
	}
}

func clear(p *play) { clinician("approve_clearance", map[string]any{})(p) }

func override(from, to string, ack ...string) func(*play) {
	return func(p *play) {
		p.model.overridden[to] = true
		fields := map[string]any{"from": from, "to": to, "ack": ack}
		if len(ack) == 0 {
			fields["role"] = "manager"
		}
		clinician("override_stage", fields)(p)
	}
}

func payDeposit(p *play) {
	p.plan.captured = 50000
	p.report(payment.Update{Kind: "deposit_paid", State: payment.MoneyDeposit})
}

func payBalance(p *play) {
	p.plan.captured = 300000
	p.report(payment.Update{Kind: "paid", State: payment.MoneyPaid})
}

func attendance(mark string) func(*play) {
	return func(p *play) {
		p.command("mark_attendance", map[string]any{"mark": mark, "source": "desk"}, nil)
	}
}

// toTheOffer is the beginning of every way.
func toTheOffer(rest ...act) []act {
	return append([]act{
		on(0.2, "intake", intake), on(0.6, "consent", consent), on(1, "form", form("form")), on(1.4, "clear", clear),
	}, rest...)
}

// booked is the way of a guest who comes.
func booked(rest ...act) []act {
	return toTheOffer(append([]act{on(2, "accept", accept), on(3, "deposit", payDeposit), on(4, "balance", payBalance)}, rest...)...)
}

var scenarios = []scenario{
	{name: "by night", ends: "lost", unmailed: true},
	{name: "a stay", ends: "completed", acts: booked(on(arrives+0.6, "seen late", attendance("late")))},
	{name: "nobody comes", ends: "no_show", acts: booked(on(arrives+0.6, "no-show", attendance("no_show")))},
	{name: "a question", ends: "completed", acts: append(booked(on(1.2, "question", clinician("request_info", map[string]any{"what": "medication"})),
		on(1.3, "answer", form("form-2"))), on(arrives+0.1, "seen", attendance("attended")))},
	{name: "the waiting list", ends: "completed", acts: toTheOffer(
		on(2, "no place", override("offer", "waitlisted")), on(3, "a place", override("waitlisted", "offer")),
		on(4, "accept", accept), on(5, "deposit", payDeposit), on(6, "balance", payBalance), on(arrives+0.1, "seen", attendance("attended")))},
	{name: "not cleared", ends: "completed", acts: []act{
		on(0.2, "intake", intake), on(0.6, "consent", consent), on(1, "form", form("form")),
		on(1.4, "moved on", override("clearance_review", "offer", "clearance")), on(2, "accept", accept), on(3, "deposit", payDeposit),
		on(3.5, "moved on again", override("deposit_pending", "booked", "clearance")), on(4, "balance", payBalance),
		on(arrives+0.5, "clear", clear), on(arrives+0.6, "seen", attendance("attended")),
	}},
	{name: "cancelled", ends: "cancelled", acts: booked(on(5, "cancel", func(p *play) { p.command(kit.UpdateCancel, map[string]any{"by": "guest"}, nil) }))},
	{name: "too late", ends: "lost", acts: toTheOffer(on(2, "accept", accept), on(3, "over", func(p *play) {
		p.report(payment.Update{Kind: "expired", State: payment.MoneyExpired})
	}))},
	{name: "said no", ends: "lost", acts: toTheOffer(on(2, "no", func(p *play) {
		p.fact("answer", journey.GuestAnswer, map[string]string{"answer": "declined"})
	}))},
	{name: "not possible", ends: "medically_declined", acts: []act{
		on(0.2, "intake", intake), on(0.6, "consent", consent), on(1, "form", form("form")),
		on(1.5, "refused", clinician("decline_clearance", map[string]any{"reasonCode": "c"})),
	}},
}

// came is what remains of a way.
type came struct {
	Stage   string
	Effects map[string]int
}

// TestEveryWaitOfEveryStageCanBeHeldAndLeft: at every wait somebody holds the
// journey, it continues as new, and is released. Nobody outside can tell.
func TestEveryWaitOfEveryStageCanBeHeldAndLeft(t *testing.T) {
	waits := map[string]bool{}
	for _, one := range scenarios {
		t.Run(one.name, func(t *testing.T) {
			undisturbed, seen := walk(t, one, false)
			disturbed, left := walk(t, one, true)

			assert.Equal(t, one.ends, undisturbed.Stage)
			assert.Equal(t, undisturbed, disturbed)
			assert.Subset(t, left, seen, "a wait that was not held and left")
			for _, wait := range left {
				waits[wait] = true
			}
		})
	}
	for _, name := range declaredDeadlines(t) {
		held := slices.ContainsFunc(slices.Collect(maps.Keys(waits)), func(wait string) bool { return strings.HasPrefix(wait, name) })
		assert.True(t, held, "no scenario waits for %q", name)
	}
}

// walk goes one way and returns what came of it, and what was waited for.
func walk(t *testing.T, one scenario, disturb bool) (came, []string) {
	t.Helper()
	p := newPlay(t)
	p.model = model{consented: true, formed: true, cleared: true, policy: true, answered: true, deposit: true, paid: true, overridden: p.model.overridden}
	for _, next := range one.acts {
		p.add(next)
	}
	if one.unmailed {
		p.Input.Lead.Email = ""
		p.world.Program.QuietHours = programs.QuietHours{From: "21:00", To: "08:00"} // it is six in the morning
	}
	var seen []string
	var look func(*play)
	look = func(p *play) {
		p.soon("look", 2*time.Hour, look)
		view, _ := p.view()
		wait, _, _ := strings.Cut(view.WaitsFor, " until ")
		if wait == "" || slices.Contains(seen, wait) || slices.Contains(ends, view.Stage) {
			return
		}
		seen = append(seen, wait)
		if disturb {
			p.shake(wait)
		}
	}
	p.add(act{name: "look", at: begin.Add(7 * time.Minute), do: look})
	p.run()
	view, _ := p.view()
	effects := map[string]int{}
	for _, operation := range p.world.Order() {
		effects[operation]++
	}
	if disturb {
		require.Greater(t, p.Runs, len(seen)/2, "the journey did not continue as new")
	}
	return came{view.Stage, effects}, seen
}

// shake holds the journey at a wait, lets it continue as new, and releases it.
func (p *play) shake(wait string) {
	must := func(err error) {
		if err != nil {
			p.T.Fatalf("at %q: %v", wait, err)
		}
	}
	p.command(kit.UpdateHold, map[string]any{}, must)
	p.soon("leave "+wait, time.Minute, func(p *play) { p.Env.SignalWorkflow(kit.SignalContinueAsNew, kit.Empty{}) })
	p.soon("release "+wait, 2*time.Minute, func(p *play) {
		p.command(kit.UpdateRelease, map[string]any{"fireMissed": "send_now"}, must)
	})
}

// declaredDeadlines reads from the journey's source what it can wait for, so
// that a new wait without a scenario is noticed. Names that are computed stand
// for themselves by their first words.
func declaredDeadlines(t *testing.T) []string {
	t.Helper()
	files := token.NewFileSet()
	packages, err := parser.ParseDir(files, "../journey", func(file fs.FileInfo) bool { return !strings.HasSuffix(file.Name(), "_test.go") }, 0) //nolint:staticcheck // one package, no build tags
	require.NoError(t, err)
	var names []string
	ast.Inspect(packages["journey"], func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		if selector, ok := call.Fun.(*ast.SelectorExpr); !ok || selector.Sel.Name != "Deadline" {
			return true
		}
		ast.Inspect(call.Args[0], func(part ast.Node) bool {
			if text, ok := part.(*ast.BasicLit); ok && text.Kind == token.STRING {
				name, err := strconv.Unquote(text.Value)
				require.NoError(t, err)
				if words, _, _ := strings.Cut(name, "%"); words != "" && !strings.HasPrefix(words, " ") {
					names = append(names, words)
				}
				return false
			}
			return true
		})
		return true
	})
	require.NotEmpty(t, names)
	// This one is never waited for: it only says when a failing step needs a person.
	return slices.DeleteFunc(names, func(name string) bool { return name == "captured" })
}
