package inbox_test

import (
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
)

const (
	key  = "0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e"
	plan = "pay/late"
	day  = 24 * time.Hour
)

var begin = playtest.Begin

// event is a payment that came before its plan.
func event() inbox.Input {
	return inbox.Input{
		Provider: "stripe", Type: "payment_intent.succeeded", Account: "acct_1", Event: key, Target: plan, Signal: kit.SignalPayment,
		Fact: kit.Fact{
			ID: "evt_1", Provider: "stripe", Type: "payment_intent.succeeded", OccurredAt: begin.Add(-time.Minute), Object: "pi_1",
			Data: map[string]string{"k": "v"},
		},
		ReceivedAt: begin.Add(-time.Second),
	}
}

// play is one event. The other workflows are what is in open.
type play struct {
	*playtest.Play[inbox.Input, inbox.Result]
	lock  sync.Mutex
	open  map[string]bool
	tries []string   // when who was looked for
	taken []kit.Fact // by whom they were taken is the result's word
}

func newPlay(t playtest.T, input inbox.Input) *play {
	p := &play{Play: playtest.New(t, inbox.ID("stripe", key), inbox.Type, inbox.Workflow, input), open: map[string]bool{}}
	p.Before = func() {
		p.Env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(p.signalled).Maybe()
	}
	return p
}

// After keeps an act and a try apart, which run on goroutines of their own.
func (p *play) After(delay time.Duration, do func()) {
	p.Play.After(delay, func() {
		p.lock.Lock()
		defer p.lock.Unlock()
		do()
	})
}

// signalled stands in for the other workflows.
func (p *play) signalled(_, workflowID, _, signal string, message any) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.tries = append(p.tries, p.Env.Now().Sub(begin).String()+" "+workflowID)
	if !p.open[workflowID] {
		return &temporal.UnknownExternalWorkflowExecutionError{}
	}
	fact, isFact := message.(kit.Fact)
	if !isFact || signal != p.Input.Signal {
		p.T.Fatalf("%s got %T by %s", workflowID, message, signal)
	}
	p.taken = append(p.taken, fact)
	return nil
}

// triedAt are the instants of the tries, counted from the start.
func (p *play) triedAt() string {
	var list []string
	for _, try := range p.tries {
		at, _, _ := strings.Cut(try, " ")
		list = append(list, at)
	}
	return strings.Join(list, " ")
}

// command sends an update that must be accepted.
func (p *play) command(name, id string, input any) {
	p.Update(name, id, input, func(rejected error) { require.NoError(p.T, rejected, name) })
}

func (p *play) status() inbox.Overview {
	p.T.Helper()
	return ask[inbox.Overview](p, kit.QueryStatus)
}

func ask[A any](p *play, query string) (answer A) {
	p.T.Helper()
	p.Ask(query, &answer)
	return answer
}

// outcome is what became of a command, as the status tells.
func (p *play) outcome(id string) string {
	p.T.Helper()
	for _, outcome := range p.status().Commands {
		if outcome.CommandID == id {
			return outcome.Status + ": " + outcome.Detail
		}
	}
	return "unknown"
}

func operator() kit.Envelope {
	return kit.Envelope{Actor: "ana", Role: kit.RoleOperator, Reason: "a test"}
}

func by(role string) kit.Envelope {
	return kit.Envelope{Actor: "the-" + role, Role: role, Reason: "a test"}
}
