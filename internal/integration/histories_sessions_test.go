package integration

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/replaytest"
	"guestjourney/workflows/session"
)

// TestRecordHistoriesOfSessions records a session that a journey begins, with a
// critical alarm, pages and a record; and one that is started by itself, goes on in a
// second run, and is cancelled by Temporal.
func TestRecordHistoriesOfSessions(t *testing.T) {
	if os.Getenv("RECORD_HISTORIES") != "1" { // a tool, as TestRecordHistories is
		return
	}
	ctx := context.Background()
	w := openWatched(t, settings{keys: replaytest.Key, alone: true})
	r := &recorder{house: w.house, files: map[string][]byte{}}
	id, watched := w.watchThrough()

	now := time.Now()
	alone, err := w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "session/alone", TaskQueue: options.QueueSessions}, session.Type, session.Input{
		GuestRef: "g-1", Device: "monitor-8", Room: "4", LatestEnd: now.Add(time.Hour), Test: true,
		Protocol:  session.Protocol{Code: "PRG-07", SignedBy: "dr-sol", SignedAt: now.Add(-time.Hour)},
		Clearance: session.Clearance{Ref: "c-1", ValidUntil: now.Add(time.Hour)},
	})
	require.NoError(t, err)
	// Its monitor sends nothing, which is an alarm.
	w.alarms("session/alone", "nothing comes", func(a session.AlarmView) bool { return a.Code == "STREAM-STALE" })
	require.NoError(t, w.client.SignalWorkflow(ctx, "session/alone", "", kit.SignalContinueAsNew, kit.Empty{}))
	r.visible("session/alone", 2)
	require.NoError(t, w.client.CancelWorkflow(ctx, "session/alone", ""))
	_ = alone.Get(ctx, nil) // however it ends, its history is kept

	r.visible(watched, 1)
	r.keepRuns("session_watched", "WorkflowId = '"+watched+"'", session.Type)
	r.keepRuns("session_watched", "WorkflowId = '"+id+"'", journey.Type)
	r.keepRuns("session_alone", "WorkflowId = 'session/alone'", session.Type)
	if !t.Failed() {
		r.write()
	}
}
