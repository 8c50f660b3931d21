package modeltest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guestjourney/activities/failure"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

const day = 24 * time.Hour

// shards run side by side; each plays so many rounds of so many sequences. A
// round keeps what it has played, so that many small ones are quicker than one.
const shards = 4

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", strconv.Itoa(sequences)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestRandomSequences: whatever happens in whatever order, the journey takes no
// step that it may not take, makes no effect twice, always waits for something
// named, and ends when it is cancelled.
func TestRandomSequences(t *testing.T) {
	for shard := range shards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			for range rounds {
				rapid.Check(t, sequence)
			}
		})
	}
}

func sequence(t *rapid.T) {
	p := newPlay(t)
	at := begin.Add(time.Minute)
	for i := range rapid.IntRange(5, 30).Draw(t, "acts") {
		at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 24 * 60, 5 * 24 * 60, 20 * 24 * 60}).Draw(t, "minutes")) * time.Minute)
		choice := rapid.SampledFrom(choices).Draw(t, "act")
		p.add(act{name: fmt.Sprintf("%d %s", i, choice.name), at: at, do: choice.prepare(t, i)})
	}
	// In the end somebody mends what is broken and cancels.
	for round := range 8 {
		at = at.Add(2 * day)
		p.add(act{name: fmt.Sprintf("end %d", round), at: at, do: finish})
	}
	p.run()
}

// choice is one kind of act; prepare draws what it needs.
type choice struct {
	name    string
	prepare func(t *rapid.T, i int) func(*play)
}

func always(name string, do func(p *play, id string)) choice {
	return choice{name, func(_ *rapid.T, i int) func(*play) {
		id := name + strconv.Itoa(i)
		return func(p *play) { do(p, id) }
	}}
}

var choices = []choice{
	{"intake", func(t *rapid.T, i int) func(*play) {
		arrival := begin.Add(time.Duration(rapid.IntRange(-1, 120).Draw(t, "days")) * day).Format("2006-01-02T15:04:05")
		return func(p *play) {
			p.fact("intake"+strconv.Itoa(i), journey.GuestIntake, map[string]string{"arrival": arrival})
		}
	}},
	always("intake soon", func(p *play, id string) {
		p.fact(id, journey.GuestIntake, map[string]string{"arrival": p.Env.Now().Add(40 * day).Format("2006-01-02T15:04:05")})
	}),
	always("consent", func(p *play, id string) {
		p.model.consented = true
		p.fact(id, journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "true", "version": "1"})
	}),
	always("consent withdrawn", func(p *play, id string) {
		p.fact(id, journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "false", "version": "1"})
	}),
	always("form", func(p *play, id string) {
		p.model.formed = true
		p.fact(id, journey.GuestHealth, map[string]string{"ref": id, "complete": "true"})
	}),
	always("policy", func(p *play, id string) {
		p.model.policy = true
		p.fact(id, journey.GuestPolicy, map[string]string{"version": "1"})
	}),
	always("accept", func(p *play, id string) {
		p.model.answered = true
		p.fact(id, journey.GuestAnswer, map[string]string{"answer": "accepted"})
	}),
	always("decline", func(p *play, id string) {
		p.fact(id, journey.GuestAnswer, map[string]string{"answer": "declined"})
	}),
	always("same fact again", func(p *play, _ string) {
		p.fact("again", journey.GuestPolicy, map[string]string{"version": "1"})
		p.model.policy = true
		p.fact("again", journey.GuestPolicy, map[string]string{"version": "1"})
	}),
	always("unreadable fact", func(p *play, _ string) { p.Env.SignalWorkflow(kit.SignalGuest, map[string]any{"wrong": true}) }),
	always("text", func(p *play, id string) {
		p.Env.SignalWorkflow(kit.SignalMessageIn, kit.Fact{ID: id, Provider: "twilio", Type: "received"})
	}),
	always("bounce", func(p *play, id string) {
		p.Env.SignalWorkflow(kit.SignalEmail, kit.Fact{ID: id, Provider: "sendgrid", Type: "bounce"})
	}),
	always("pay deposit", func(p *play, _ string) {
		if p.plan.id == "" || p.plan.closed || p.plan.captured > 0 {
			return
		}
		p.plan.captured, p.model.deposit = 50000, true
		p.report(payment.Update{Kind: "deposit_paid", State: payment.MoneyDeposit})
	}),
	always("pay balance", func(p *play, _ string) {
		if p.plan.captured != 50000 || p.plan.closed {
			return
		}
		p.plan.captured, p.model.paid = 300000, true
		p.report(payment.Update{Kind: "paid", State: payment.MoneyPaid})
	}),
	always("balance fails", func(p *play, _ string) {
		if p.plan.captured == 50000 {
			p.report(payment.Update{Kind: "action_required", State: payment.MoneyPastDue, URL: "https://pay.example/2"})
		}
	}),
	always("deposit runs out", func(p *play, _ string) {
		if p.plan.captured == 0 {
			p.report(payment.Update{Kind: "expired", State: payment.MoneyExpired})
		}
	}),
	always("place is lost", func(p *play, _ string) { p.appoint("released") }),
	always("hold", func(p *play, _ string) { p.command(kit.UpdateHold, map[string]any{}, nil) }),
	always("release", func(p *play, _ string) { p.command(kit.UpdateRelease, map[string]any{}, nil) }),
	always("cancel", func(p *play, _ string) { p.command(kit.UpdateCancel, map[string]any{"by": "guest"}, nil) }),
	always("cancel by temporal", func(p *play, _ string) { p.Env.CancelWorkflow() }),
	always("continue as new", func(p *play, _ string) { p.Env.SignalWorkflow(kit.SignalContinueAsNew, kit.Empty{}) }),
	always("reschedule", func(p *play, _ string) {
		p.command(kit.UpdateReschedule, map[string]any{"start": p.Env.Now().Add(35 * day).Format("2006-01-02T15:04:05")}, nil)
	}),
	always("clear", func(p *play, _ string) {
		view, _ := p.view()
		p.command("approve_clearance", map[string]any{
			"role": "clinician", "actor": "dr", "decision": "cleared", "validUntil": view.Departure, "evidenceRef": "e",
		}, func(rejected error) { p.model.cleared = p.model.cleared || rejected == nil })
	}),
	always("refuse clearance", func(p *play, _ string) {
		p.command("decline_clearance", map[string]any{"role": "clinician", "actor": "dr", "reasonCode": "c"}, nil)
	}),
	always("revoke clearance", func(p *play, _ string) {
		p.command("revoke_clearance", map[string]any{"role": "clinician", "actor": "dr", "reasonCode": "c"}, nil)
	}),
	always("ask the guest", func(p *play, _ string) {
		p.command("request_info", map[string]any{"role": "clinician", "actor": "dr", "what": "medication"}, nil)
	}),
	always("no-show", func(p *play, _ string) {
		p.command("mark_attendance", map[string]any{"mark": "no_show", "source": "desk"}, nil)
	}),
	always("attended", func(p *play, _ string) {
		p.command("mark_attendance", map[string]any{"mark": "attended", "source": "desk"}, nil)
	}),
	always("early departure", func(p *play, _ string) {
		p.command("mark_attendance", map[string]any{"mark": "early_departure", "source": "desk"}, nil)
	}),
	always("merge", func(p *play, _ string) { p.command("merge_into", map[string]any{"target": "journey/J2"}, nil) }),
	always("opt out", func(p *play, _ string) {
		p.command("opt_out", map[string]any{"channel": "sms", "source": "telephone"}, nil)
	}),
	always("refund", func(p *play, _ string) {
		p.command("refund", map[string]any{"role": "manager", "minor": 1000, "currency": "USD"}, nil)
	}),
	{"override", func(t *rapid.T, _ int) func(*play) {
		to := rapid.SampledFrom(append([]string{"waitlisted"}, forward...)).Draw(t, "to")
		return func(p *play) { overrideStage(p, to, nil) }
	}},
	{"fault", func(t *rapid.T, _ int) func(*play) {
		operation := rapid.SampledFrom([]string{"email", "sms", "contact", "deal:offer", "deal:booked", "note", "claim"}).Draw(t, "operation")
		class := rapid.SampledFrom([]failure.Class{failure.Permanent, failure.Ambiguous, failure.Throttled, failure.NotProcessed}).Draw(t, "class")
		times := rapid.IntRange(1, 8).Draw(t, "times")
		return func(p *play) { p.world.Fail(operation, class, times) }
	}},
}

var guardName = regexp.MustCompile(`health_consent|health_form|clearance|policy|offer_accepted|deposit|confirmed|balance`)

// overrideStage names no guard first, and then those that the refusal named.
func overrideStage(p *play, to string, ack []string) {
	view, _ := p.view()
	fields := map[string]any{"role": "clinician", "actor": "dr", "from": view.Stage, "to": to, "ack": ack, "approvedBy": "m1"}
	if ack == nil {
		fields["ack"] = []string{}
	}
	p.command("override_stage", fields, func(rejected error) {
		switch {
		case rejected == nil:
			p.model.overridden[to] = true
		case ack == nil:
			named := guardName.FindAllString(rejected.Error(), -1)
			if len(named) == 0 {
				return // it was refused for another reason
			}
			slices.Sort(named)
			p.soon("override with ack", time.Minute, func(p *play) { overrideStage(p, to, slices.Compact(named)) })
		}
	})
}

// finish mends what waits for a person, and cancels.
func finish(p *play) {
	for _, operation := range []string{"email", "sms", "contact", "deal:offer", "deal:booked", "note", "claim"} {
		p.world.Fail(operation, failure.Permanent, 0)
	}
	view, _ := p.view()
	if view.Control == kit.ControlHeld {
		p.command(kit.UpdateRelease, map[string]any{}, nil)
	}
	for _, step := range view.Steps {
		p.command(kit.UpdateRetryStep, map[string]any{"role": "engineer", "step": step.Step}, nil)
	}
	p.command(kit.UpdateCancel, map[string]any{"by": "operator"}, nil)
}
