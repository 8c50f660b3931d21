package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	ports "guestjourney/activities/paging"
	"guestjourney/activities/watching/watchingtest"
	"guestjourney/internal/paging"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

const id = "session/S1"

var begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// life has every change to every priority, in an order in which a detector tells them.
var life = []detector.Transition{
	{Change: detector.Raised, Priority: detector.Low},
	{Change: detector.Escalated, Priority: detector.Warning},
	{Change: detector.Eased, Priority: detector.Low},
	{Change: detector.Cleared, Priority: detector.Low},
	{Change: detector.ReRaised, Priority: detector.Low},
	{Change: detector.Cleared, Priority: detector.Low},
	{Change: detector.ReRaised, Priority: detector.Warning},
	{Change: detector.Cleared, Priority: detector.Warning},
	{Change: detector.ReRaised, Priority: detector.Critical},
	{Change: detector.Eased, Priority: detector.Warning},
	{Change: detector.Escalated, Priority: detector.Critical},
	{Change: detector.Eased, Priority: detector.Low},
	{Change: detector.Cleared, Priority: detector.Low},
}

func rows(t *testing.T) (all []store.Entry) {
	t.Helper()
	alarm := func(name string, of []detector.Transition) {
		for _, one := range of {
			one.Number, one.Alarm, one.Code, one.Episode, one.At = uint64(len(all)+1), name, detector.HeartRateLow, 1, begin
			row, err := outbox.Row(id, one)
			require.NoError(t, err)
			all = append(all, store.Entry{Session: id, Transition: row})
		}
	}
	alarm("first", life)
	alarm("warning", []detector.Transition{{Change: detector.Raised, Priority: detector.Warning}})
	alarm("critical", []detector.Transition{{Change: detector.Raised, Priority: detector.Critical}})
	return all
}

// TestPeopleAreCalledForExactlyWhatSessionMonitorCallsThemFor: the fallback pages for
// whatever has a key, so a key that the workflow does not page about would wake people
// for nothing, and one that is missing would leave a page without its fallback.
func TestPeopleAreCalledForExactlyWhatSessionMonitorCallsThemFor(t *testing.T) {
	want := map[string]bool{}
	for _, row := range rows(t) {
		if row.PageKey != "" {
			want[row.PageKey] = true
		}
	}
	require.Len(t, want, 6)
	require.Equal(t, want, pagesOfTheWorkflow(t, rows(t)))
}

// pagesOfTheWorkflow are the keys that SessionMonitor pages with.
func pagesOfTheWorkflow(t *testing.T, rows []store.Entry) map[string]bool {
	t.Helper()
	paged := map[string]bool{}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(begin)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id})
	policy := kit.Policy{AllowPlaintext: func() bool { return true }}
	env.RegisterWorkflowWithOptions(session.Workflow(policy), workflow.RegisterOptions{Name: session.Type})
	env.RegisterActivityWithOptions(func(context.Context, ports.LadderRequest) (ports.Ladder, error) {
		rung := ports.Rung{Contacts: []ports.Contact{{Person: "p-ana", Channels: []ports.Channel{ports.SMS}}}}
		return ports.Ladder{Rungs: []ports.Rung{rung}}, nil
	}, activity.RegisterOptions{Name: ports.Prefix + "Ladder"})
	env.RegisterActivityWithOptions(func(_ context.Context, command options.Command[ports.Page]) (ports.Receipt, error) {
		paged[command.Request.Key] = true
		return ports.Receipt{ID: "SM1", HandedAt: begin}, nil
	}, activity.RegisterOptions{Name: ports.Prefix + "Page"})
	watchingtest.Register(env)
	for i, row := range rows {
		signal, err := outbox.Signal(row)
		require.NoError(t, err)
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(session.SignalTransition, signal) }, time.Duration(i+1)*time.Second)
	}
	give := func(at time.Duration, update string, command any) {
		env.RegisterDelayedCallback(func() {
			fine := func(err error) { require.NoError(t, err, update) }
			env.UpdateWorkflow(update, fmt.Sprint(update, at), &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: fine, OnComplete: func(_ any, err error) { fine(err) },
			}, command)
		}, at)
	}
	nurse := kit.Envelope{Actor: "p-ana", Role: kit.RoleClinician, Reason: "test"}
	give(60*time.Second, session.UpdateAcknowledge, session.Acknowledge{Envelope: nurse, Alarm: "first"})
	give(61*time.Second, session.UpdateAcknowledge, session.Acknowledge{Envelope: nurse, Alarm: "critical"})
	give(62*time.Second, session.UpdateEnd, nurse)
	env.ExecuteWorkflow(session.Type, session.Input{
		GuestRef: "g-1", Device: "d-1", Room: "3", LatestEnd: begin.Add(time.Hour),
		Protocol:  session.Protocol{Code: "PRG-07", SignedBy: "dr-x", SignedAt: begin.Add(-time.Hour)},
		Clearance: session.Clearance{Ref: "c-1", ValidUntil: begin.Add(time.Hour)},
	})
	require.NoError(t, env.GetWorkflowError())
	return paged
}

func TestWhatIsSaidOfARow(t *testing.T) {
	at := begin.Add(time.Minute)
	row, err := outbox.Row(id, detector.Transition{
		Number: 7, Alarm: "heart-rate-low", Code: detector.HeartRateLow, Origin: detector.Physiological, Change: detector.Escalated,
		Priority: detector.Critical, Episode: 2, Since: begin, At: at,
	})
	require.NoError(t, err)
	entry := store.Entry{Session: id, Transition: row}
	signal, err := outbox.Signal(entry)
	require.NoError(t, err)
	require.Equal(t, session.Transition{
		Number: 7, Alarm: "heart-rate-low", Code: "HR-LOW", Origin: "physiological", Change: session.Escalated, Priority: session.Critical,
		Episode: 2, At: at, PageKey: "S1/7",
	}, signal)
	require.Equal(t, paging.Page{Room: "3", Priority: paging.High, Code: "HR-LOW", Key: "S1/7", Fallback: true}, outbox.Page(entry, "3"))

	entry.Payload = []byte("{")
	_, err = outbox.Signal(entry)
	require.ErrorContains(t, err, "transition 7")
	require.Equal(t, paging.Page{Room: "3", Priority: paging.High, Key: "S1/7", Fallback: true}, outbox.Page(entry, "3"), "somebody comes all the same")
}

func TestAPageThatIsMadeAgainHasAReferenceOfItsOwn(t *testing.T) {
	row, err := outbox.Row(id, detector.Transition{Number: 7, Code: detector.Asystole, Change: detector.Raised, Priority: detector.Critical})
	require.NoError(t, err)
	entry := store.Entry{Session: id, Transition: row}
	again := outbox.PageAgain(entry, "3", 2)
	require.Equal(t, "S1/7/fallback/2", again.Key)
	again.Key = "S1/7"
	require.Equal(t, outbox.Page(entry, "3"), again)
}

// TestEveryCodeCanBeSaid: a code that a page does not take would be "UNKNOWN".
func TestEveryCodeCanBeSaid(t *testing.T) {
	for _, code := range []string{
		detector.Asystole, detector.Pause, detector.HeartRateLow, detector.HeartRateHigh, detector.AtrialFib, detector.QTcHigh, detector.QTcChange,
		detector.SystolicLow, detector.SystolicHigh, detector.LeadOff, detector.SignalUnusable, detector.NoHeartRate, detector.StreamStale,
		detector.UnassignedDevice, detector.QTcNotEvaluable, "vf", "pvc_run",
	} {
		row, err := outbox.Row(id, detector.Transition{Number: 1, Code: code, Change: detector.Raised, Priority: detector.Warning})
		require.NoError(t, err)
		said := outbox.Page(store.Entry{Session: id, Transition: row}, "3").Text()
		require.NotContains(t, said, "UNKNOWN", code)
		require.True(t, strings.HasPrefix(said, "Room 3: MEDIUM, code "), said)
	}
}

func TestOnlyAWarningIsRecalled(t *testing.T) {
	of := func(number uint64, alarm string, change detector.Change, priority detector.Priority) detector.Transition {
		return detector.Transition{Number: number, Alarm: alarm, Change: change, Priority: priority}
	}
	raised := of(3, "a", detector.Raised, detector.Warning)
	require.True(t, outbox.Recalls(of(4, "a", detector.Cleared, detector.Warning), raised))
	require.False(t, outbox.Recalls(of(4, "b", detector.Cleared, detector.Warning), raised))
	require.False(t, outbox.Recalls(of(2, "a", detector.Cleared, detector.Warning), raised))
	require.False(t, outbox.Recalls(of(4, "a", detector.Eased, detector.Low), raised))
	require.False(t, outbox.Recalls(of(4, "a", detector.Cleared, detector.Critical), of(3, "a", detector.Raised, detector.Critical)))
}

func TestWhatEndsTheCallsForATransition(t *testing.T) {
	raised := detector.Transition{Number: 3, Alarm: "a", Change: detector.Raised, Priority: detector.Critical}
	for name, c := range map[string]struct {
		later detector.Transition
		want  bool
	}{
		"it is over":                    {detector.Transition{Number: 4, Alarm: "a", Change: detector.Cleared, Priority: detector.Critical}, true},
		"it is low":                     {detector.Transition{Number: 4, Alarm: "a", Change: detector.Eased, Priority: detector.Low}, true},
		"it is a warning":               {detector.Transition{Number: 4, Alarm: "a", Change: detector.Eased, Priority: detector.Warning}, false},
		"people are called for another": {detector.Transition{Number: 5, Alarm: "a", Change: detector.Escalated, Priority: detector.Critical}, true},
		"another alarm is over":         {detector.Transition{Number: 4, Alarm: "b", Change: detector.Cleared, Priority: detector.Critical}, false},
		"it was over before":            {detector.Transition{Number: 2, Alarm: "a", Change: detector.Cleared, Priority: detector.Critical}, false},
	} {
		require.Equal(t, c.want, outbox.Supersedes(c.later, raised), name)
	}
}
