package health_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

const minute = time.Minute

func TestAProviderGoesDownAtItsThresholdAndComesBackByItself(t *testing.T) {
	for capability, threshold := range map[string]int{
		options.QueuePayments: 3, options.QueueSMS: 3, "emr": 5, "video": 2, options.QueueCRM: 5, options.QueueEmail: 5, options.QueueCalendar: 5,
	} {
		t.Run(capability, func(t *testing.T) {
			p := newPlay(t)
			p.report(minute, up(capability, "vendor"))
			for n := 1; n <= threshold; n++ {
				at := time.Duration(1+n) * minute
				p.report(at, ill(capability, "vendor"))
				p.shows(at, func(view health.Overview) {
					require.Len(t, view.Providers, 1)
					got := view.Providers[0]
					assert.Equal(t, n, got.Failures)
					assert.Equal(t, begin.Add(minute), got.LastSuccess)
					assert.Equal(t, &health.Failure{At: begin.Add(at), Class: failure.Ambiguous, Code: "status_503"}, got.LastFailure)
					if n < threshold {
						assert.Equal(t, health.StateFailing, got.State)
						assert.Equal(t, begin.Add(2*minute), got.Since)
						assert.Empty(t, view.Attention)
					} else {
						assert.Equal(t, health.StateDown, got.State)
						assert.Equal(t, begin.Add(at), got.Since)
						assert.Equal(t, []string{"down:vendor"}, view.Attention)
					}
					assert.Equal(t, got.State, view.Stage)
				})
			}
			back := 8 * minute
			p.report(back, up(capability, "vendor"))
			p.shows(back, func(view health.Overview) {
				assert.Equal(t, health.StateUp, view.Stage)
				assert.Zero(t, view.Providers[0].Failures)
				assert.Equal(t, begin.Add(back), view.Providers[0].LastSuccess)
				assert.Empty(t, view.Attention)
				var ways []string
				for _, change := range view.Changes {
					ways = append(ways, change.From+">"+change.To)
				}
				assert.Equal(t, []string{">up", "up>failing", "failing>down", "down>up"}, ways)
			})
			p.run(9 * minute)
			assert.Equal(t, health.StageClosed, p.Result.Stage)
		})
	}
}

func TestOneProviderIsNoOther(t *testing.T) {
	p := newPlay(t)
	for n := 1; n <= 4; n++ {
		p.report(time.Duration(n)*minute, stripeIll(), ill(options.QueueCRM, "hubspot"), up(options.QueueSMS, "twilio"))
	}
	p.shows(4*minute, func(view health.Overview) {
		states := map[string]string{}
		for _, provider := range view.Providers {
			states[provider.Name()] = provider.State
		}
		assert.Equal(t, map[string]string{"stripe": health.StateDown, "hubspot": health.StateFailing, "twilio": health.StateUp}, states)
		assert.Equal(t, []string{"down:stripe"}, view.Attention)
		assert.Equal(t, health.StateDown, view.Stage, "the worst one's")
	})
	p.run(5 * minute)
}

func TestAReportThatIsOlderThanTheLastIsIgnored(t *testing.T) {
	p := newPlay(t)
	p.report(minute, stripeUp())
	p.report(5*minute, stripeIll())
	unchanged := func(view health.Overview) {
		assert.Equal(t, begin.Add(5*minute), view.ReportedAt)
		assert.Equal(t, 1, view.Providers[0].Failures)
		assert.Equal(t, health.StateFailing, view.Providers[0].State)
	}
	p.reportAt(6*minute, 5*minute, stripeIll()) // the same again
	p.shows(6*minute, unchanged)
	p.reportAt(7*minute, 4*minute, stripeUp()) // overtaken
	p.shows(7*minute, unchanged)
	p.run(8 * minute)
}

// A ping that nobody answers names no vendor: the alert that it raises is the
// one that is resolved, whatever the vendor is called by then.
func TestNobodyAnswersForACapability(t *testing.T) {
	p := newPlay(t)
	nobody := health.Finding{Capability: options.QueueSMS, Failed: true, Class: failure.Ambiguous, Code: "timed_out"}
	for n := 1; n <= 3; n++ {
		p.report(time.Duration(n)*minute, nobody)
	}
	p.shows(3*minute, func(view health.Overview) { assert.Equal(t, []string{"down:sms"}, view.Attention) })
	p.report(4*minute, up(options.QueueSMS, "twilio"))
	p.shows(4*minute, func(view health.Overview) {
		assert.Empty(t, view.Attention)
		assert.Equal(t, "twilio", view.Providers[0].Name())
	})
	p.run(5 * minute)
}

func TestSilenceRaisesAttention(t *testing.T) {
	p := newPlay(t)
	p.report(4*minute, stripeUp())
	p.shows(13*minute, func(view health.Overview) { assert.Empty(t, view.Attention) })
	p.shows(14*minute, func(view health.Overview) {
		assert.Equal(t, []string{health.AttentionSilent}, view.Attention)
		require.Len(t, view.NextDeadlines, 1)
		assert.Equal(t, begin.Add(24*minute), view.NextDeadlines[0].At.UTC())
	})
	p.report(20*minute, stripeUp())
	p.shows(20*minute, func(view health.Overview) { assert.Empty(t, view.Attention) })
	p.run(21 * minute)
}

func TestTheStateTravelsThroughContinueAsNew(t *testing.T) {
	p := newPlay(t)
	p.report(minute, stripeUp())
	for n := 2; n <= 4; n++ {
		at := time.Duration(n) * minute
		p.report(at, stripeIll())
		p.Renew(at + 10*time.Second)
		// One that comes together with the leaving.
		p.reportAt(at+10*time.Second, at-time.Second, stripeUp())
	}
	p.shows(5*minute, func(view health.Overview) {
		assert.Equal(t, 3, view.Providers[0].Failures)
		assert.Equal(t, []string{"down:stripe"}, view.Attention)
		assert.Equal(t, begin.Add(minute), view.Providers[0].LastSuccess)
		assert.Len(t, view.Changes, 3)
	})
	p.report(6*minute, stripeUp())
	p.shows(6*minute, func(view health.Overview) { assert.Empty(t, view.Attention) })
	p.run(7 * minute)
	assert.Equal(t, 4, p.Runs)
}

func TestAHundredChangesAreKept(t *testing.T) {
	p := newPlay(t)
	for n := 1; n <= 120; n++ {
		finding := stripeUp()
		if n%2 == 0 {
			finding = stripeIll()
		}
		p.report(time.Duration(n)*time.Second, finding)
	}
	p.shows(2*minute, func(view health.Overview) {
		require.Len(t, view.Changes, 100)
		assert.Equal(t, begin.Add(21*time.Second), view.Changes[0].At)
		assert.Equal(t, begin.Add(120*time.Second), view.Changes[99].At)
	})
	p.run(3 * minute)
}

func TestAReportThatCannotBeReadIsNotDropped(t *testing.T) {
	p := newPlay(t)
	p.After(minute, func() { p.Env.SignalWorkflow(health.SignalReport, map[string]any{"at": "noon"}) })
	p.shows(minute, func(view health.Overview) {
		assert.Equal(t, []string{"bad_signal:" + health.SignalReport}, view.Attention)
	})
	p.run(2 * minute)
}

func TestTheTimelineTellsOfAlertsOnly(t *testing.T) {
	p := newPlay(t)
	for n := 1; n <= 3; n++ {
		p.report(time.Duration(n)*minute, stripeIll())
	}
	p.report(4*minute, stripeUp())
	p.After(5*minute, func() {
		var lines []kit.Line
		p.Ask(kit.QueryTimeline, &lines)
		var told []string
		for _, line := range lines {
			told = append(told, fmt.Sprintf("%s %s", line.Kind, line.Text))
		}
		assert.Equal(t, []string{"attention down:stripe", "fact stripe is up again"}, told)
	})
	p.run(6 * minute)
}
