package health_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
)

var begin = playtest.Begin

// play is IntegrationHealth before staff's desk.
type play struct {
	*playtest.Play[health.Input, health.Result]
	desk *desk
}

func newPlay(t *testing.T) *play {
	p := &play{Play: playtest.New(t, health.ID, health.Type, health.Workflow, health.Input{}), desk: newDesk()}
	p.Before = func() { p.desk.serve(p.Env) }
	return p
}

// report sends a report of an instant at that instant.
func (p *play) report(at time.Duration, findings ...health.Finding) {
	p.reportAt(at, at, findings...)
}

// reportAt sends, at one instant, a report of another one.
func (p *play) reportAt(sent, of time.Duration, findings ...health.Finding) {
	p.After(sent, func() {
		p.Env.SignalWorkflow(health.SignalReport, health.Report{At: begin.Add(of), Findings: findings})
	})
}

// shows looks at the status a second after an instant.
func (p *play) shows(at time.Duration, look func(health.Overview)) {
	p.After(at+time.Second, func() { look(p.status()) })
}

// run plays to the cancel, which comes after so long.
func (p *play) run(end time.Duration) {
	p.T.Helper()
	p.After(end, func() { p.Env.CancelWorkflow() })
	p.Run()
	require.NoError(p.T, p.Err)
}

func (p *play) status() (view health.Overview) {
	p.T.Helper()
	p.Ask(kit.QueryStatus, &view)
	return view
}

func up(capability, provider string) health.Finding {
	return health.Finding{Capability: capability, Provider: provider}
}

func ill(capability, provider string) health.Finding {
	return health.Finding{Capability: capability, Provider: provider, Failed: true, Class: failure.Ambiguous, Code: "status_503"}
}

func stripeUp() health.Finding  { return up(options.QueuePayments, "stripe") }
func stripeIll() health.Finding { return ill(options.QueuePayments, "stripe") }
