package inbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"

	"guestjourney/activities/options"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

func TestAWorkflowThatIsThereTakesTheFactAtOnce(t *testing.T) {
	p := newPlay(t, event())
	p.open[plan] = true
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, inbox.Result{Stage: inbox.StageRouted, Target: plan, Tries: 1}, p.Result)
	assert.Equal(t, []kit.Fact{event().Fact}, p.taken, "the fact is unchanged")
}

func TestAnEventThatOvertakesItsWorkflowNeedsNobody(t *testing.T) {
	p := newPlay(t, event())
	p.After(14*time.Minute, func() { p.open[plan] = true })
	p.Run()
	assert.Equal(t, inbox.Result{Stage: inbox.StageRouted, Target: plan, Tries: 7}, p.Result)
	assert.Equal(t, "0s 15s 45s 1m45s 3m45s 7m45s 15m0s", p.triedAt())
	assert.Len(t, p.taken, 1)
	for _, line := range ask[[]kit.Line](p, kit.QueryTimeline) {
		assert.NotEqual(t, "attention", line.Kind)
	}
}

func TestPausesDoubleToTheirLimit(t *testing.T) {
	input := event()
	input.Pace = options.Pace{RetryFirst: seconds(10), RetryMax: seconds(35)}
	p := newPlay(t, input)
	p.After(2*time.Minute, func() { p.open[plan] = true })
	p.Run()
	assert.Equal(t, "0s 10s 30s 1m5s 1m40s 2m15s", p.triedAt())
}

func TestAfterAQuarterOfAnHourAPersonIsAsked(t *testing.T) {
	p := newPlay(t, event())
	p.After(14*time.Minute+59*time.Second, func() { assert.Empty(t, p.status().Attention) })
	p.After(15*time.Minute+time.Second, func() { assert.Equal(t, []string{inbox.Attention}, p.status().Attention) })
	p.After(2*day, func() { p.open[plan] = true })
	p.Run()
	assert.Equal(t, inbox.StageRouted, p.Result.Stage)
	assert.Empty(t, p.status().Attention, "it is settled at the end")
	assert.Empty(t, p.status().NextDeadlines)
}

func TestAnEventExpiresAfterItsTerm(t *testing.T) {
	p := newPlay(t, event())
	p.After(30*day-time.Second, func() {
		view := p.status()
		assert.Equal(t, inbox.StageWaiting, view.Stage)
		assert.Equal(t, "term", view.NextDeadlines[0].Name)
		assert.NotEmpty(t, view.NextDeadlines[0].Consequence)
	})
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, inbox.StageExpired, p.Result.Stage)
	assert.Equal(t, plan, p.Result.Target)
	assert.Equal(t, begin.Add(30*day), p.Env.Now().UTC())
	assert.Empty(t, p.taken)
	assert.Empty(t, p.status().Attention)
	for _, line := range ask[[]kit.Line](p, kit.QueryTimeline) {
		assert.NotContains(t, line.Text, "pi_1")
	}
	assert.Less(t, len(ask[[]kit.Line](p, kit.QueryTimeline)), 10, "30 days of tries leave the timeline readable")
}

func TestAnOperatorDiscards(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Hour, func() { p.command(inbox.UpdateDiscard, "d", operator()) })
	p.Run()
	assert.Equal(t, inbox.StageDiscarded, p.Result.Stage)
	assert.Equal(t, "done: discarded", p.outcome("d"))
	assert.Empty(t, p.taken)
}

func TestTemporalsCancelDiscards(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Hour, func() { p.Env.CancelWorkflow() })
	p.Run()
	require.NoError(t, p.Err, "it completes")
	assert.Equal(t, inbox.StageDiscarded, p.Result.Stage)
}

func TestAnOperatorRoutesToAnotherWorkflow(t *testing.T) {
	p := newPlay(t, event())
	p.open["pay/other"] = true
	p.After(time.Hour, func() {
		p.command(inbox.UpdateRoute, "r", inbox.Route{Envelope: operator(), Target: "pay/other"})
	})
	p.Run()
	assert.Equal(t, inbox.StageRouted, p.Result.Stage)
	assert.Equal(t, "pay/other", p.Result.Target)
	assert.Equal(t, "done: taken by pay/other", p.outcome("r"))
	assert.Equal(t, []kit.Fact{event().Fact}, p.taken)
}

func TestARouteThatLeadsNowhereSaysSoAndChangesNothing(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Hour, func() {
		p.command(inbox.UpdateRoute, "r", inbox.Route{Envelope: operator(), Target: "pay/typo"})
		p.command(inbox.UpdateRoute, "own", inbox.Route{Envelope: operator()})
	})
	p.After(61*time.Minute, func() {
		assert.Equal(t, "failed: payment_event to pay/typo not delivered: it has closed or does not exist", p.outcome("r"))
		assert.Equal(t, "failed: payment_event to pay/late not delivered: it has closed or does not exist", p.outcome("own"))
		assert.Equal(t, plan, p.status().Target)
		p.open[plan], p.open["pay/typo"] = true, true
	})
	p.Run()
	assert.Equal(t, plan, p.Result.Target)
}

func TestRetryTriesAtOnceAndThenSoonAgain(t *testing.T) {
	p := newPlay(t, event())
	p.After(10*time.Hour, func() {
		p.tries = nil
		p.command(inbox.UpdateRetry, "a", by(kit.RoleEngineer))
	})
	p.After(10*time.Hour+time.Second, func() {
		assert.Equal(t, "failed: payment_event to pay/late not delivered: it has closed or does not exist; next try at 2027-03-01T22:00:15Z", p.outcome("a"))
	})
	p.After(10*time.Hour+40*time.Second, func() { p.open[plan] = true })
	p.After(10*time.Hour+41*time.Second, func() { p.command(inbox.UpdateRetry, "b", operator()) })
	p.Run()
	assert.Equal(t, "10h0m0s 10h0m15s 10h0m41s", p.triedAt())
	assert.Equal(t, "done: taken by pay/late", p.outcome("b"))
}

func TestACommandThatComesTooLateIsToldSo(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Hour, func() {
		p.open[plan] = true
		p.command(inbox.UpdateRetry, "a", operator())
		p.command(inbox.UpdateDiscard, "b", operator())
	})
	p.Run()
	assert.Equal(t, inbox.StageRouted, p.Result.Stage)
	assert.Equal(t, "done: taken by pay/late", p.outcome("a"))
	assert.Equal(t, "failed: the event is routed already", p.outcome("b"))
}

func TestAHoldStopsTheLookingAndTheTermButNoCommand(t *testing.T) {
	input := event()
	input.Term = options.Duration(day)
	p := newPlay(t, input)
	p.After(time.Minute, func() {
		p.command(kit.UpdateHold, "h", kit.Hold{Envelope: operator()})
		p.tries, p.open[plan] = nil, true
	})
	p.After(3*day, func() {
		assert.Empty(t, p.tries, "nothing is tried during a hold")
		assert.Equal(t, []string{inbox.Attention}, p.status().Attention, "the escalation runs on")
		delete(p.open, plan)
		p.command(inbox.UpdateRetry, "r", operator())
	})
	p.After(3*day+time.Minute, func() {
		assert.Equal(t, "72h0m0s", p.triedAt(), "a command is obeyed")
		p.command(kit.UpdateRelease, "e", kit.Release{Envelope: operator()})
	})
	p.After(3*day+2*time.Minute, func() {
		assert.Equal(t, "72h0m0s 72h1m0s 72h1m30s", p.triedAt(), "what is over is made up for at once")
		assert.Equal(t, begin.Add(4*day), p.status().NextDeadlines[1].At.UTC(), "the term stood still, and so did the release's minute")
	})
	p.Run()
	assert.Equal(t, inbox.StageExpired, p.Result.Stage)
	assert.Equal(t, begin.Add(4*day), p.Env.Now().UTC())
}

func TestAHoldMayLetTheTermRun(t *testing.T) {
	input := event()
	input.Term = options.Duration(day)
	p := newPlay(t, input)
	p.After(time.Minute, func() {
		p.command(kit.UpdateHold, "h", kit.Hold{Envelope: operator(), Deadlines: kit.DeadlinesRun})
	})
	p.Run()
	assert.Equal(t, inbox.StageExpired, p.Result.Stage)
	assert.Equal(t, begin.Add(day), p.Env.Now().UTC())
}

func TestContinueAsNewAtItsWaitChangesNothing(t *testing.T) {
	undisturbed, disturbed := newPlay(t, event()), newPlay(t, event())
	for _, at := range []time.Duration{time.Second, 10 * time.Minute, 16 * time.Minute, 3 * time.Hour} {
		disturbed.Renew(at)
	}
	for _, p := range []*play{undisturbed, disturbed} {
		p.After(5*time.Hour, func() { p.open[plan] = true })
		p.Run()
	}
	assert.Equal(t, 5, disturbed.Runs)
	assert.Equal(t, undisturbed.tries, disturbed.tries)
	assert.Equal(t, undisturbed.Result, disturbed.Result)
}

func TestAHoldAndItsTermTravel(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Minute, func() { p.command(kit.UpdateHold, "h", kit.Hold{Envelope: operator()}) })
	p.Renew(2 * time.Minute)
	p.After(time.Hour, func() {
		p.open[plan], p.tries = true, nil
		assert.Equal(t, kit.ControlHeld, p.status().Control)
	})
	p.After(2*time.Hour, func() {
		assert.Empty(t, p.tries)
		assert.Equal(t, "done: held", p.outcome("h"))
		p.command(kit.UpdateRelease, "e", kit.Release{Envelope: operator()})
	})
	p.Run()
	assert.Equal(t, 2, p.Runs)
	assert.Equal(t, inbox.StageRouted, p.Result.Stage)
	assert.Equal(t, "2h0m0s", p.triedAt())
}

func TestExplainSaysWhyItWaits(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Minute, func() {
		answer := ask[inbox.Explanation](p, inbox.QueryExplain)
		require.Len(t, answer.Blocked, 1)
		assert.Equal(t, "payment_event to pay/late not delivered: it has closed or does not exist; tries: 3", answer.Blocked[0].Reason)
		assert.Equal(t, []string{"pay/late is started", "route", "discard"}, answer.Blocked[0].Unblock)
		assert.Equal(t, "try until 2027-03-01T12:01:45Z", answer.WaitsFor)
		assert.Equal(t, begin.Add(15*time.Minute), answer.Escalates.At)
		p.command(kit.UpdateHold, "h", kit.Hold{Envelope: operator()})
	})
	p.After(time.Hour, func() {
		answer := ask[inbox.Explanation](p, inbox.QueryExplain)
		assert.Equal(t, []string{kit.UpdateRelease}, answer.Blocked[0].Unblock)
		assert.Equal(t, "expired: the fact stays in this history only", answer.Escalates.What)
		p.command(inbox.UpdateDiscard, "d", operator())
	})
	p.Run()
	answer := ask[inbox.Explanation](p, inbox.QueryExplain)
	assert.Empty(t, answer.Blocked)
	assert.Nil(t, answer.Escalates)
}

// One command of the CLI reads the explanation of every type.
func TestAnExplanationHasTheKeysOfAJourneys(t *testing.T) {
	data, err := json.Marshal(inbox.Explanation{
		Blocked: []inbox.Block{{Unblock: []string{"x"}}}, Next: []inbox.Next{{}}, Escalates: &inbox.Escalation{},
	})
	require.NoError(t, err)
	read, err := kit.DecodeJSON[journey.Explanation](data)
	require.NoError(t, err)
	again, err := json.Marshal(read)
	require.NoError(t, err)
	assert.JSONEq(t, string(data), string(again))
}

func TestTheDetailsShowWhatItIsAbout(t *testing.T) {
	p := newPlay(t, event())
	p.After(time.Minute, func() {
		metadata := ask[*sdkpb.WorkflowMetadata](p, "__temporal_workflow_metadata")
		for _, row := range []string{
			"| Stage | waiting |", "| Blocked by | workflow_missing |", "| Waits for | try until 2027-03-01T12:01:45Z |",
			"| About | stripe payment_intent.succeeded for pay/late, tries: 3 |",
			"| Next | attention at 2027-03-01T12:15:00Z: attention: no workflow has taken the event |",
		} {
			assert.Contains(t, metadata.GetCurrentDetails(), row)
		}
		p.open[plan] = true
	})
	p.Run()
}

func TestStatusTellsWhatItIsAboutAndNotWhatIsInIt(t *testing.T) {
	input := event()
	input.Fact.Data = map[string]string{"body": "my-secret"}
	p := newPlay(t, input)
	p.After(time.Second, func() {
		data, err := json.Marshal(p.status())
		require.NoError(t, err)
		assert.Contains(t, string(data), `"object":"pi_1"`)
		assert.NotContains(t, string(data), "my-secret")
		p.open[plan] = true
	})
	p.Run()
}

func seconds(n int) options.Duration { return options.Duration(time.Duration(n) * time.Second) }
