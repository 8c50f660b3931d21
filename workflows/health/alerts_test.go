package health_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	ping "guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

func smsIll() health.Finding  { return ill(options.QueueSMS, "twilio") }
func mailIll() health.Finding { return ill(options.QueueEmail, "sendgrid") }

// down reports a provider as ill until it is down: from minute 1 on.
func (p *play) down(finding health.Finding, failures int) {
	for n := 1; n <= failures; n++ {
		p.report(time.Duration(n)*minute, finding)
	}
}

func TestStaffAreToldOnceOfEachChange(t *testing.T) {
	p := newPlay(t)
	p.down(stripeIll(), 3)
	for n := 4; n <= 6; n++ { // still down: no news
		p.report(time.Duration(n)*minute, stripeIll())
		p.Renew(time.Duration(n)*minute + 10*time.Second)
	}
	p.After(6*minute+30*time.Second, func() {
		for _, to := range []string{duty, manager, mailbox} {
			assert.Equal(t, []string{"provider_down stripe"}, p.desk.got[to])
			assert.Equal(t, map[string]string{"provider": "stripe", "use": "payments", "since": "2027-03-01 12:03 UTC", "code": "Ambiguous status_503"}, p.desk.last[to])
		}
	})
	p.report(7*minute, stripeUp())
	p.report(8*minute, stripeUp())
	p.report(9*minute, stripeIll()) // one failure is not down
	p.shows(9*minute, func(view health.Overview) { assert.Empty(t, view.Attention) })
	p.run(10 * minute)
	keys := map[string]bool{}
	for _, to := range []string{duty, manager, mailbox} {
		assert.Equal(t, []string{"provider_down stripe", "provider_up stripe"}, p.desk.got[to])
		assert.Equal(t, map[string]string{"provider": "stripe", "use": "payments", "since": "2027-03-01 12:07 UTC", "was": "2027-03-01 12:03 UTC"}, p.desk.last[to])
		for _, effect := range p.desk.tries[to] {
			assert.False(t, keys[effect.Key], "a key of its own for each message")
			keys[effect.Key] = true
		}
	}
	assert.Equal(t, 2, p.desk.asked)
	assert.Equal(t, 4, p.Runs)
}

// What is told goes round the provider that is down.
func TestTheAlertOfADownChannelGoesByTheOther(t *testing.T) {
	for _, test := range []struct {
		finding      health.Finding
		failures     int
		silent, told []string
	}{
		{smsIll(), 3, []string{duty, manager}, []string{mailbox}},
		{mailIll(), 5, []string{mailbox}, []string{duty, manager}},
	} {
		t.Run(test.finding.Capability, func(t *testing.T) {
			p := newPlay(t)
			p.desk.breaks(test.finding.Capability, true)
			p.down(test.finding, test.failures)
			p.report(8*minute, test.finding, stripeIll())
			p.report(9*minute, test.finding, stripeIll())
			p.report(10*minute, test.finding, stripeIll())
			p.shows(10*minute, func(view health.Overview) {
				assert.Equal(t, []string{"down:" + test.finding.Provider, "down:stripe"}, view.Attention, "nothing hangs on what is not sent")
			})
			p.After(11*minute, func() {
				for _, to := range test.told {
					assert.Equal(t, []string{"provider_down " + test.finding.Provider, "provider_down stripe"}, p.desk.got[to])
				}
				for _, to := range test.silent {
					assert.Empty(t, p.desk.tries[to])
				}
				p.desk.breaks(test.finding.Capability, false)
			})
			p.report(12*minute, up(test.finding.Capability, test.finding.Provider), stripeIll())
			p.run(13 * minute)
			for _, to := range append(test.told, test.silent...) {
				got := p.desk.got[to]
				require.NotEmpty(t, got)
				assert.Equal(t, "provider_up "+test.finding.Provider, got[len(got)-1], "told on every way")
			}
		})
	}
}

func TestWithBothChannelsDownBothAreTried(t *testing.T) {
	p := newPlay(t)
	p.desk.breaks(options.QueueSMS, true)
	p.desk.breaks(options.QueueEmail, true)
	for n := 1; n <= 5; n++ {
		p.report(time.Duration(n)*minute, smsIll(), mailIll())
	}
	p.After(6*minute, func() {
		assert.NotEmpty(t, p.desk.tries[duty])
		assert.NotEmpty(t, p.desk.tries[mailbox])
		p.desk.breaks(options.QueueSMS, false)
	})
	p.run(20 * minute)
	assert.Contains(t, p.desk.got[duty], "provider_down sendgrid")
	assert.Empty(t, p.desk.got[mailbox])
}

// A channel may fail before its own checks say so.
func TestAMessageThatFailsIsTriedAgainWithItsKey(t *testing.T) {
	p := newPlay(t)
	p.desk.breaks(options.QueueSMS, true)
	p.down(stripeIll(), 4)
	p.shows(4*minute, func(view health.Overview) {
		assert.Equal(t, begin.Add(4*minute), view.ReportedAt, "reports are taken meanwhile")
		assert.Equal(t, []string{"provider_down stripe"}, p.desk.got[mailbox], "the other way waits for nothing")
		p.desk.breaks(options.QueueSMS, false)
	})
	p.run(30 * minute)
	assert.Equal(t, []string{"provider_down stripe"}, p.desk.got[duty])
	tries := p.desk.tries[duty]
	require.Greater(t, len(tries), 3, "a round has three attempts")
	for _, effect := range tries {
		assert.Equal(t, tries[0].Key, effect.Key)
	}
	assert.Len(t, p.desk.tries[mailbox], 1)
}

func TestTheLastThingToldIsTrue(t *testing.T) {
	p := newPlay(t)
	p.desk.breaks(options.QueueSMS, true)
	p.down(stripeIll(), 3)
	p.report(5*minute, stripeUp())
	p.After(6*minute, func() { p.desk.breaks(options.QueueSMS, false) })
	p.shows(20*minute, func(view health.Overview) { assert.Empty(t, view.Attention) })
	p.report(19*minute, stripeUp())
	p.run(21 * minute)
	assert.Equal(t, []string{"provider_up stripe"}, p.desk.got[duty], "that it was down is overtaken")
	assert.Equal(t, []string{"provider_down stripe", "provider_up stripe"}, p.desk.got[mailbox])
}

// Only news of the same provider overtakes what could not be told yet.
func TestNewsOfAnotherProviderOvertakesNothing(t *testing.T) {
	p := newPlay(t)
	p.desk.breaks(options.QueueSMS, true)
	p.down(stripeIll(), 3)
	for n := 4; n <= 8; n++ {
		p.report(time.Duration(n)*minute, stripeIll(), ill(options.QueueCRM, "hubspot"))
	}
	p.After(9*minute, func() { p.desk.breaks(options.QueueSMS, false) })
	p.run(40 * minute)
	assert.ElementsMatch(t, []string{"provider_down stripe", "provider_down hubspot"}, p.desk.got[duty])
}

func TestAfterAnHourItIsNoNews(t *testing.T) {
	p := newPlay(t)
	p.desk.staff = ping.Recipients{Phones: []string{duty}}
	p.desk.breaks(options.QueueSMS, true)
	p.down(stripeIll(), 3)
	p.report(40*minute, stripeIll())
	p.shows(40*minute, func(view health.Overview) {
		assert.Contains(t, view.Attention, "retrying:alert-1.sms-1", "meanwhile a person is asked for")
	})
	p.report(61*minute, stripeIll())
	p.After(65*minute, func() { p.desk.breaks(options.QueueSMS, false) })
	p.shows(66*minute, func(view health.Overview) { assert.Equal(t, []string{"down:stripe"}, view.Attention) })
	p.run(70 * minute)
	assert.Empty(t, p.desk.got[duty])
}

func TestWithoutStaffTheTimelineSaysSo(t *testing.T) {
	p := newPlay(t)
	p.desk.staff = ping.Recipients{}
	p.down(stripeIll(), 3)
	p.After(4*minute, func() {
		var lines []kit.Line
		p.Ask(kit.QueryTimeline, &lines)
		require.Len(t, lines, 2)
		assert.Contains(t, lines[1].Text, "no address of staff is configured")
	})
	p.run(5 * minute)
}

// A run from before there were alerts goes on as it began, until it continues
// as new.
func TestARunFromBeforeTheAlertsTellsNobody(t *testing.T) {
	p := newPlay(t)
	p.Before = func() {
		p.desk.serve(p.Env)
		if p.Runs == 1 {
			p.Env.OnGetVersion(string(kit.StaffAlerts), workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
		}
	}
	p.down(stripeIll(), 3)
	p.shows(3*minute, func(view health.Overview) { assert.Equal(t, []string{"down:stripe"}, view.Attention) })
	p.Renew(4 * minute)
	p.report(5*minute, stripeUp())
	p.run(6 * minute)
	assert.Equal(t, []string{"provider_up stripe"}, p.desk.got[duty])
}
