package health_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ping "guestjourney/activities/health"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

const (
	wrong  = "+14155550199"
	parked = kit.PrefixParked + "alert-1.sms-1"
)

// wrongNumber is a play in which one text of two is refused from minute 3 on.
func wrongNumber(t *testing.T) *play {
	p := newPlay(t)
	p.desk.staff.Phones = []string{wrong, manager}
	p.desk.refused[wrong] = true
	p.down(stripeIll(), 3)
	return p
}

// retries gives the command that `starter repair` suggests.
func (p *play) retries(at time.Duration) {
	p.After(at, func() {
		p.Update(kit.UpdateRetryStep, at.String(), kit.StepCommand{
			Envelope: kit.Envelope{Actor: "eva", Role: kit.RoleEngineer, Reason: "the number is corrected"}, Step: "alert-1.sms-1",
		}, func(refused error) { require.NoError(p.T, refused) })
	})
}

// corrects is what an engineer does to the workers' configuration.
func (p *play) corrects(at time.Duration, phones ...string) {
	p.After(at, func() { p.desk.change(func() { p.desk.staff.Phones = phones }) })
}

// What repair suggests for a number that is refused reaches the corrected one, and
// nobody is told twice.
func TestARefusedNumberIsCorrectedAndTriedAgain(t *testing.T) {
	for name, renew := range map[string]bool{"in one run": false, "over two": true} {
		t.Run(name, func(t *testing.T) {
			p := wrongNumber(t)
			p.shows(4*minute, func(view health.Overview) { assert.Equal(t, []string{"down:stripe", parked}, view.Attention) })
			if renew {
				p.Renew(5 * minute)
			}
			p.corrects(6*minute, duty, manager)
			p.retries(6*minute + time.Second)
			p.shows(7*minute, func(view health.Overview) {
				assert.Equal(t, []string{"down:stripe"}, view.Attention, "nothing is left to do")
			})
			p.run(8 * minute)
			for _, to := range []string{duty, manager, mailbox} {
				assert.Equal(t, []string{"provider_down stripe"}, p.desk.got[to])
			}
			require.Len(t, p.desk.tries[wrong], 1, "not once more")
			require.Len(t, p.desk.tries[duty], 1)
			assert.NotEqual(t, p.desk.tries[wrong][0].Key, p.desk.tries[duty][0].Key, "a key belongs to one address")
		})
	}
}

// What was wrong was not the number: the provider had forbidden it, and allows it now.
func TestARefusedNumberThatIsRightIsTriedAgainWithItsKey(t *testing.T) {
	p := wrongNumber(t)
	p.retries(4 * minute)
	p.shows(5*minute, func(view health.Overview) {
		assert.Equal(t, []string{"down:stripe", parked}, view.Attention, "refused again")
		p.desk.change(func() { p.desk.refused[wrong] = false })
	})
	p.retries(6 * minute)
	p.run(7 * minute)
	assert.Equal(t, []string{"provider_down stripe"}, p.desk.got[wrong])
	require.Len(t, p.desk.tries[wrong], 3)
	for _, effect := range p.desk.tries[wrong] {
		assert.Equal(t, p.desk.tries[wrong][0].Key, effect.Key)
	}
	assert.Len(t, p.desk.tries[manager], 1)
}

// Without a number to put in its place, the retry ends it.
func TestARefusedNumberThatIsTakenOutIsGivenUp(t *testing.T) {
	p := wrongNumber(t)
	p.corrects(5*minute, manager)
	p.retries(6 * minute)
	p.shows(7*minute, func(view health.Overview) { assert.Equal(t, []string{"down:stripe"}, view.Attention) })
	p.run(8 * minute)
	assert.Len(t, p.desk.tries[wrong], 1)
	assert.Len(t, p.desk.tries[manager], 1)
}

// The corrected number waits until it can be asked for, and reports are taken meanwhile.
func TestARetryWaitsForItsRecipients(t *testing.T) {
	p := wrongNumber(t)
	p.corrects(5*minute, duty, manager)
	p.After(5*minute, func() { p.desk.change(func() { p.desk.unasked = 4 }) }) // a round's three attempts, and one
	p.retries(6 * minute)
	p.report(6*minute+30*time.Second, stripeIll())
	p.shows(6*minute+30*time.Second, func(view health.Overview) {
		assert.Equal(t, begin.Add(6*minute+30*time.Second), view.ReportedAt)
		assert.Empty(t, p.desk.got[duty])
	})
	p.run(12 * minute)
	assert.Equal(t, []string{"provider_down stripe"}, p.desk.got[duty])
	assert.Equal(t, 1+4+1, p.desk.asked)
}

// What nobody mends ends with its hour.
func TestARefusedNumberEndsWithItsHour(t *testing.T) {
	p := wrongNumber(t)
	p.desk.staff = ping.Recipients{Phones: []string{wrong}}
	p.report(62*minute, stripeIll())
	p.shows(62*minute, func(view health.Overview) { assert.Contains(t, view.Attention, parked) })
	p.shows(64*minute, func(view health.Overview) { assert.NotContains(t, view.Attention, parked) })
	p.run(65 * minute)
}
