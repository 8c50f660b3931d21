package health_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/workflows/health"
)

func circuit(provider, state string, failures int, lastSuccess time.Duration) health.Circuit {
	return health.Circuit{
		Provider: provider, State: state, Failures: failures, LastSuccess: begin.Add(lastSuccess), Threshold: 3, OpenFor: options.Duration(30 * time.Second),
	}
}

// works lets a worker report at an instant.
func (p *play) works(at time.Duration, name string, circuits ...health.Circuit) {
	p.After(at, func() {
		p.Env.SignalWorkflow(health.SignalWorker, health.WorkerReport{Worker: name, Circuits: circuits})
	})
}

func TestWorkersAreHeardOfUntilTheySayGoodbye(t *testing.T) {
	p := newPlay(t)
	p.works(minute, "a", circuit("stripe", health.CircuitClosed, 0, 0))
	p.works(minute, "b", circuit("stripe", health.CircuitClosed, 1, 0))
	p.works(2*minute, "a", circuit("stripe", health.CircuitOpen, 3, minute))
	p.Renew(2*minute + 30*time.Second)
	p.shows(3*minute, func(view health.Overview) {
		require.Len(t, view.Workers, 2, "one entry each, over continue-as-new")
		assert.Equal(t, 2, view.Fleet.Workers)
		assert.Equal(t, health.Worker{
			Name: "a", HeardAt: begin.Add(2 * minute), Circuits: []health.Circuit{circuit("stripe", health.CircuitOpen, 3, minute)},
		}, view.Workers[0])
	})
	p.After(4*minute, func() {
		p.Env.SignalWorkflow(health.SignalWorker, health.WorkerReport{Worker: "a", Leaving: true})
	})
	p.shows(4*minute, func(view health.Overview) {
		require.Len(t, view.Workers, 1)
		assert.Equal(t, "b", view.Workers[0].Name)
	})
	p.report(5*minute, stripeUp())
	p.shows(5*minute, func(view health.Overview) {
		assert.Equal(t, []health.Silent{{Name: "b", HeardAt: begin.Add(minute)}}, view.Fleet.Silent)
		require.Len(t, view.Fleet.Standings, 1)
		assert.Equal(t, health.CircuitUnknown, view.Fleet.Standings[0].State)
	})
	// b ended without a word: missed for a day, and then forgotten.
	p.works(24*time.Hour, "c")
	p.shows(24*time.Hour, func(view health.Overview) { assert.Len(t, view.Workers, 2) })
	p.works(24*time.Hour+2*minute, "c")
	p.shows(24*time.Hour+2*minute, func(view health.Overview) {
		require.Len(t, view.Workers, 1)
		assert.Equal(t, "c", view.Workers[0].Name)
	})
	p.run(25 * time.Hour)
}

func TestTheWorkersKeptAreBounded(t *testing.T) {
	p := newPlay(t)
	for n := range 220 {
		p.works(time.Duration(n)*time.Second, fmt.Sprint("w", n))
	}
	p.shows(220*time.Second, func(view health.Overview) {
		require.Len(t, view.Workers, 200)
		assert.Equal(t, "w20", view.Workers[0].Name, "the ones that have said nothing for longest went")
	})
	p.run(5 * minute)
}

func TestTheFleetStandsAsItsWorstWorkerSays(t *testing.T) {
	at := begin.Add(10 * minute)
	heard := func(name string, ago time.Duration, circuits ...health.Circuit) health.Worker {
		return health.Worker{Name: name, HeardAt: at.Add(-ago), Circuits: circuits}
	}
	slow := circuit("twilio", health.CircuitClosed, 0, 3*minute)
	slow.OpenFor = options.Duration(time.Second)
	fleet := health.FleetAt([]health.Worker{
		heard("a", time.Second, circuit("twilio", health.CircuitClosed, 2, minute), circuit("stripe", health.CircuitClosed, 1, 2*minute)),
		heard("b", 3*minute, slow, circuit("stripe", health.CircuitHalfOpen, 4, minute)),
		heard("c", 3*minute+time.Second, circuit("stripe", health.CircuitOpen, 9, 5*minute), circuit("google", health.CircuitClosed, 0, minute)),
	}, at)
	assert.Equal(t, 2, fleet.Workers)
	assert.Equal(t, []health.Silent{{Name: "c", HeardAt: at.Add(-3*minute - time.Second)}}, fleet.Silent)
	usual := health.Setting{Threshold: 3, OpenFor: "30s"}
	assert.Equal(t, []health.Standing{
		{Provider: "google", State: health.CircuitUnknown, LastSuccess: begin.Add(minute)},
		{Provider: "stripe", State: health.CircuitHalfOpen, Failures: 4, LastSuccess: begin.Add(5 * minute), Workers: 2, Circuits: []health.Setting{usual}},
		{Provider: "twilio", State: health.CircuitClosed, Failures: 2, LastSuccess: begin.Add(3 * minute), Workers: 2, Circuits: []health.Setting{usual, {Threshold: 3, OpenFor: "1s"}}},
	}, fleet.Standings)
	assert.Equal(t, health.Fleet{Standings: []health.Standing{}}, health.FleetAt(nil, at))
}
