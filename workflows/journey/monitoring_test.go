package journey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
	"guestjourney/workflows/worldtest"
)

// watched is the medical retreat with a monitored session.
func watched() programs.Program {
	program := worldtest.Medical()
	program.Session.Monitoring = &programs.Monitoring{
		Protocol: programs.Protocol{Code: "PRG-07", SignedBy: "dr-sol", SignedAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		Longest:  options.Duration(24 * time.Hour),
	}
	return program
}

// watchedStay is a stay whose sessions are played by the test: each lasts an hour,
// and has a critical alarm if the test wants one.
type watchedStay struct {
	*worldtest.Stay
	begun    []session.Input
	critical bool
}

func watch(t *testing.T, program programs.Program) *watchedStay {
	t.Helper()
	stay := &watchedStay{Stay: worldtest.NewStay(t, program)}
	stay.OnWorkflow(session.Type, mock.Anything, mock.Anything).Return(func(ctx workflow.Context, raw converter.RawValue) (session.Result, error) {
		input, err := kit.Decode[session.Input](raw)
		if err != nil {
			return session.Result{}, err
		}
		stay.begun = append(stay.begun, input)
		id := workflow.GetInfo(ctx).WorkflowExecution.ID
		tell := func(update session.Update) error {
			update.Session, update.At = id, workflow.Now(ctx)
			return workflow.SignalExternalWorkflow(ctx, input.Notify, "", session.SignalUpdate, update).Get(ctx, nil)
		}
		if err := tell(session.Update{ID: "started", Kind: session.KindStarted}); err != nil {
			return session.Result{}, err
		}
		if stay.critical {
			if err := tell(session.Update{ID: "critical_alarm-1", Kind: session.KindCritical, Number: 1}); err != nil {
				return session.Result{}, err
			}
		}
		if err := workflow.Sleep(ctx, time.Hour); err != nil {
			return session.Result{}, err
		}
		return session.Result{}, tell(session.Update{ID: "ended", Kind: session.KindEnded, Record: "records/" + id})
	}).Maybe()
	medically(stay.Stay, journey.StagePreArrival)
	return stay
}

// in gives a command so long after the guest's arrival.
func (s *watchedStay) in(after time.Duration, name string, input any) {
	s.After(92*day+8*time.Hour+after, func() { s.Command(worldtest.JourneyID, name, input, nil) })
}

func (s *watchedStay) shows(t *testing.T, after time.Duration, look func(journey.Overview)) {
	s.After(92*day+8*time.Hour+after, func() { look(status(t, s.Stay)) })
}

func prepared(device string) journey.PrepareSession {
	return journey.PrepareSession{Envelope: worldtest.As("operator"), Device: device, Room: "3", QTcBaseline: 410}
}

// TestAPreparedSessionIsWatchedOnceTheGuestIsHere: it is prepared before the
// arrival, and what becomes of it is in the journey's timeline.
func TestAPreparedSessionIsWatchedOnceTheGuestIsHere(t *testing.T) {
	stay := watch(t, watched())
	stay.in(-24*time.Hour, journey.UpdatePrepareSession, prepared("monitor-7"))
	stay.shows(t, -time.Hour, func(view journey.Overview) {
		assert.Equal(t, journey.MonitorPrepared, view.Monitoring.State)
		assert.Empty(t, stay.begun, "not before the arrival")
	})
	stay.in(2*time.Hour, journey.UpdateMarkAttendance, mark("attended"))
	result, err := stay.Run()

	require.NoError(t, err)
	require.Equal(t, "completed", result.Stage)
	require.Len(t, stay.begun, 1)
	input := stay.begun[0]
	assert.Equal(t, []any{"monitor-7", "3", 410.0, worldtest.JourneyID, "PRG-07", "task-1"},
		[]any{input.Device, input.Room, input.QTcBaseline, input.Notify, input.Protocol.Code, input.Clearance.Ref})
	assert.Empty(t, input.Problems())
	var lines []string
	value, err := stay.QueryWorkflow(kit.QueryTimeline)
	require.NoError(t, err)
	var timeline []kit.Line
	require.NoError(t, value.Get(&timeline))
	for _, line := range timeline {
		lines = append(lines, line.Text)
	}
	for _, fact := range []string{"started", "ended"} {
		assert.Contains(t, lines, "session/J1-1: "+fact)
	}
}

// TestAfterACriticalAlarmTheNextSessionWaitsForAClinician.
func TestAfterACriticalAlarmTheNextSessionWaitsForAClinician(t *testing.T) {
	stay := watch(t, watched())
	stay.critical = true
	stay.in(time.Hour, journey.UpdatePrepareSession, prepared("monitor-7"))
	stay.in(4*time.Hour, journey.UpdatePrepareSession, prepared("monitor-8"))
	stay.shows(t, 5*time.Hour, func(view journey.Overview) {
		assert.Equal(t, []any{journey.MonitorPrepared, true}, []any{view.Monitoring.State, view.Monitoring.Held})
		assert.Len(t, stay.begun, 1, "the second one waits")
		assert.Contains(t, view.Attention, journey.AttentionNotAllowed)
		stay.Refused(journey.UpdateReleaseSession, worldtest.As("operator"), "role: this command needs clinician")
	})
	stay.in(6*time.Hour, journey.UpdateReleaseSession, worldtest.As("clinician"))
	stay.shows(t, 9*time.Hour, func(view journey.Overview) {
		assert.Len(t, stay.begun, 2)
		assert.NotContains(t, view.Attention, journey.AttentionNotAllowed)
		assert.Equal(t, []string{"records/session/J1-1", "records/session/J1-2"}, view.Monitoring.Records)
	})
	_, err := stay.Run()
	require.NoError(t, err)
}

// TestNoSessionWithoutAValidClearance: one that was revoked, and given again.
func TestNoSessionWithoutAValidClearance(t *testing.T) {
	program := watched()
	stay := watch(t, program)
	stay.in(-2*time.Hour, journey.UpdatePrepareSession, prepared("monitor-7"))
	stay.in(-time.Hour, journey.UpdateRevokeClearance, map[string]any{"actor": "dr-sol", "role": "clinician", "reason": "an ECG", "reasonCode": "c-1"})
	_, err := stay.Run()

	require.NoError(t, err)
	assert.Empty(t, stay.begun)
}

// TestASessionThatIsNotPreparedIsMissed: the front desk is told at its time.
func TestASessionThatIsNotPreparedIsMissed(t *testing.T) {
	stay := watch(t, watched())
	start := time.Duration(0)
	stay.After(90*day, func() { start = status(t, stay.Stay).Session.Start.Sub(stay.Now()) })
	stay.After(90*day+time.Hour, func() {
		stay.After(start, func() {
			assert.Contains(t, status(t, stay.Stay).Attention, journey.AttentionNotPrepared)
			stay.Command(worldtest.JourneyID, journey.UpdatePrepareSession, prepared("monitor-7"), nil)
		})
	})
	_, err := stay.Run()

	require.NoError(t, err)
	assert.NotZero(t, start)
	assert.Len(t, stay.begun, 1, "it begins late, and begins")
}

// TestWhatCannotBeWatchedIsNotPrepared: what the session's workflow would refuse,
// the command refuses.
func TestWhatCannotBeWatchedIsNotPrepared(t *testing.T) {
	stay := watch(t, watched())
	for problem, change := range map[string]func(*journey.PrepareSession){
		"device: want a code":  func(p *journey.PrepareSession) { p.Device = "+14155550134" },
		"room: want a label":   func(p *journey.PrepareSession) { p.Room = "the room of Ana" },
		"qtcBaseline: want ms": func(p *journey.PrepareSession) { p.QTcBaseline = 4.1 },
	} {
		command := prepared("monitor-7")
		change(&command)
		stay.After(92*day, func() { stay.Refused(journey.UpdatePrepareSession, command, fmt.Sprintf("%.12s", problem)) })
	}
	stay.After(time.Hour/2, func() {
		stay.Refused(journey.UpdatePrepareSession, prepared("monitor-7"), "the guest is not expected yet")
	})
	_, err := stay.Run()
	require.NoError(t, err)
	assert.Empty(t, stay.begun)
}

func TestAProgramWithoutMonitorsHasNone(t *testing.T) {
	stay := watch(t, worldtest.Medical())
	stay.After(92*day, func() {
		stay.Refused(journey.UpdatePrepareSession, prepared("monitor-7"), "the program has no monitored session")
	})
	_, err := stay.Run()
	require.NoError(t, err)
}
