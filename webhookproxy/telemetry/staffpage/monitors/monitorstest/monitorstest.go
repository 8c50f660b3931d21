// Package monitorstest runs real SessionMonitors for the tests of the live view.
//
// Called by tests only. It owns a dev server and a worker whose pager takes every
// page and tells nobody.
package monitorstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/internal/devserver"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// Plane is a server and a worker. They end with the test.
type Plane struct {
	Client client.Client
	worker worker.Worker
}

// Start starts both.
func Start(t testing.TB) *Plane {
	t.Helper()
	p := &Plane{Client: devserver.Start(t).Client()}
	p.worker = worker.New(p.Client, options.QueueSessions, worker.Options{})
	p.worker.RegisterWorkflowWithOptions(session.Workflow(kit.Policy{AllowPlaintext: func() bool { return true }}), workflow.RegisterOptions{Name: session.Type})
	p.worker.RegisterActivityWithOptions(&desk{}, activity.RegisterOptions{Name: paging.Prefix})
	require.NoError(t, p.worker.Start())
	t.Cleanup(p.worker.Stop)
	return p
}

// StopWorker leaves the server alone, as if nobody served the sessions.
func (p *Plane) StopWorker() { p.worker.Stop() }

// Begin starts a session of guest g-1 with device d-1.
func (p *Plane) Begin(t testing.TB, id, room string) {
	t.Helper()
	now := time.Now()
	_, err := p.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueSessions}, session.Type, session.Input{
		GuestRef: "g-1", Device: "d-1", Room: room, LatestEnd: now.Add(8 * time.Hour),
		Protocol:  session.Protocol{Code: "PRG-07", SignedBy: "dr-x", SignedAt: now.Add(-time.Hour)},
		Clearance: session.Clearance{Ref: "c-1", ValidUntil: now.Add(time.Hour)},
	})
	require.NoError(t, err)
}

// Tell sends a transition as the telemetry process does.
func (p *Plane) Tell(t testing.TB, id string, told session.Transition) {
	t.Helper()
	require.NoError(t, p.Client.SignalWorkflow(t.Context(), id, "", session.SignalTransition, told))
}

// desk is a pager that is always there.
type desk struct{}

// Page takes a page.
func (*desk) Page(context.Context, options.Command[paging.Page]) (paging.Receipt, error) {
	return paging.Receipt{ID: "SM1", HandedAt: time.Now()}, nil
}

// Ladder has one person on every rung.
func (*desk) Ladder(context.Context, paging.LadderRequest) (paging.Ladder, error) {
	rung := paging.Rung{Contacts: []paging.Contact{{Person: "p-ana", Channels: []paging.Channel{paging.SMS}}}}
	return paging.Ladder{Rungs: []paging.Rung{rung, rung, rung, rung}}, nil
}
