package playtest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
)

// baton is what one run of the relay hands to the next.
type baton struct {
	Carried int
	Hands   map[string]int // of the last run only
}

const (
	signalEnd   = "end"
	updateFail  = "fail"
	queryHolder = "holder"
)

// relay goes on when it is asked to, and ends with what it was handed.
func relay(kit.Policy) func(workflow.Context, converter.RawValue) (baton, error) {
	return func(ctx workflow.Context, raw converter.RawValue) (baton, error) {
		input, err := kit.Decode[baton](raw)
		if err != nil || input.Carried < 0 {
			return baton{}, errors.Join(errors.New("it cannot start"), err)
		}
		if err := workflow.SetQueryHandler(ctx, queryHolder, func() (int, error) { return input.Carried, nil }); err != nil {
			return baton{}, err
		}
		fail := func(workflow.Context, string) error { return errors.New("too late") }
		refuse := func(word string) error {
			if word == "no" {
				return errors.New("refused")
			}
			return nil
		}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, updateFail, fail, workflow.UpdateHandlerOptions{Validator: refuse}); err != nil {
			return baton{}, err
		}
		again, end := workflow.GetSignalChannel(ctx, kit.SignalContinueAsNew), workflow.GetSignalChannel(ctx, signalEnd)
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(again, func(workflow.ReceiveChannel, bool) {
			next := baton{Carried: input.Carried + 1, Hands: map[string]int{fmt.Sprint(input.Carried): 1}}
			err = kit.ContinueAsNew(ctx, "Relay", next)
		})
		selector.AddReceive(end, func(workflow.ReceiveChannel, bool) {})
		selector.Select(ctx)
		return input, err
	}
}

func newPlay(t playtest.T) *playtest.Play[baton, baton] {
	return playtest.New(t, "relay", "Relay", relay, baton{})
}

func TestWhatIsPlannedHappensOnceInWhicheverRun(t *testing.T) {
	p := newPlay(t)
	var begun []time.Duration // each run
	p.Before = func() { begun = append(begun, p.Env.Now().Sub(playtest.Begin)) }
	var happened []string
	note := func(name string) {
		happened = append(happened, fmt.Sprintf("%s %s in %d", name, p.Env.Now().Sub(playtest.Begin), p.Runs))
	}
	p.After(5*time.Hour, func() { note("last"); p.Env.SignalWorkflow(signalEnd, nil) })
	p.After(0, func() { note("first") })
	p.Renew(time.Hour)
	p.After(2*time.Hour, func() {
		note("second")
		p.At(p.Env.Now().Add(time.Minute), func() { note("its own") })
		p.After(4*time.Hour, func() { note("far") })
	})
	p.Renew(3 * time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, []string{"first 0s in 1", "second 2h0m0s in 2", "its own 2h1m0s in 2", "far 4h0m0s in 3", "last 5h0m0s in 3"}, happened)
	assert.Equal(t, []time.Duration{0, time.Hour, 3 * time.Hour}, begun)
	assert.Equal(t, 3, p.Runs)
	assert.Equal(t, baton{Carried: 2, Hands: map[string]int{"1": 1}}, p.Result, "nothing is left of the run before the last")
	var holder int
	p.Ask(queryHolder, &holder)
	assert.Equal(t, 2, holder)
}

func TestAWorkflowThatFailsIsForTheTestToJudge(t *testing.T) {
	p := newPlay(t)
	p.Input.Carried = -1
	p.After(time.Hour, func() {})
	p.Run()
	assert.ErrorContains(t, p.Err, "it cannot start")
}

func TestARefusalIsHeardOf(t *testing.T) {
	p := newPlay(t)
	var heard error
	p.After(0, func() { p.Update(updateFail, "1", "no", func(refused error) { heard = refused }) })
	p.After(1, func() { p.Env.SignalWorkflow(signalEnd, nil) })
	p.Run()
	assert.EqualError(t, heard, "refused")
}

// judge takes down how a test would have failed.
type judge struct{ said string }

func (j *judge) Helper() {}

func (j *judge) Errorf(format string, args ...any) { j.said += fmt.Sprintf(format, args...) }

func (j *judge) FailNow() { panic(j) }

func (j *judge) Fatalf(format string, args ...any) {
	j.Errorf(format, args...)
	j.FailNow()
}

// hears plays up to where the test would have stopped.
func (j *judge) hears(run func()) {
	defer func() {
		if stop := recover(); stop != nil && stop != j {
			panic(stop)
		}
	}()
	run()
}

func TestWhatFailsATest(t *testing.T) {
	for name, test := range map[string]struct {
		plan func(*playtest.Play[baton, baton])
		said string
	}{
		"acts are left": {func(p *playtest.Play[baton, baton]) {
			p.After(time.Hour, func() { p.Env.SignalWorkflow(signalEnd, nil) })
			p.After(2*time.Hour, func() {})
		}, "everything was done"},
		"no end": {func(p *playtest.Play[baton, baton]) {
			p.Before = func() { p.Renew(time.Duration(p.Runs) * time.Hour) }
		}, "100 runs and no end"},
		"a command that fails when it was accepted": {func(p *playtest.Play[baton, baton]) {
			p.After(time.Hour, func() { p.Update(updateFail, "1", "yes", func(error) {}) })
			p.After(2*time.Hour, func() { p.Env.SignalWorkflow(signalEnd, nil) })
		}, "too late"},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := &judge{}
			p := newPlay(verdict)
			test.plan(p)
			verdict.hears(p.Run)
			assert.Contains(t, verdict.said, test.said)
		})
	}
}

func TestAPlayMayEndBeforeItsActs(t *testing.T) {
	p := newPlay(t)
	p.EndsEarly = true
	p.After(0, func() { p.Env.SignalWorkflow(signalEnd, nil) })
	p.After(time.Hour, func() { t.Error("it has ended") })
	p.Run()
	assert.NoError(t, p.Err)
}
