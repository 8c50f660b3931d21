package integration

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/internal/freeport"
	"guestjourney/internal/sandbox"
	"guestjourney/starter/dev/simulation"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

const (
	monitorKey      = "0123456789abcdef0123456789abcdef"
	telemetrySecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

// slow is a heart that becomes slow for a while.
func slow() simulation.Scenario {
	calm := simulation.Phase{Lasts: 6 * time.Second, Rate: 72, QTc: 415, Systolic: 118, SpO2: 98}
	slow := calm
	slow.Rate, slow.Lasts = 34, 14*time.Second
	calm.Lasts = time.Minute
	return simulation.Scenario{Name: "slow", Phases: []simulation.Phase{{Lasts: 6 * time.Second, Rate: 72, QTc: 415, Systolic: 118, SpO2: 98}, slow, calm}}
}

// watchedHouse is a house with monitors: the worker pages, and the telemetry process
// takes readings.
type watchedHouse struct {
	*house
	monitors  *process // the telemetry process
	telemetry string   // its URL
	records   string   // the folder
}

func openWatched(t *testing.T, set settings) *watchedHouse {
	t.Helper()
	set.program = medical()
	set.program.Length = seconds(120)
	set.program.Session.After, set.program.Session.Duration = seconds(60), seconds(30)
	set.program.Session.Monitoring = &programs.Monitoring{
		Protocol: programs.Protocol{Code: "PRG-07", SignedBy: "dr-sol", SignedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		Longest:  options.Duration(time.Hour),
	}
	staff, err := filepath.Abs("../../deploy/staff/example.json")
	require.NoError(t, err)
	address, records := freeport.Address(t), t.TempDir()
	set.env = append(set.env, "STAFF_FILE="+staff, "TELEMETRY_URL=http://"+address, "TELEMETRY_SECRET="+telemetrySecret, "RECORDS_DIR="+records)
	w := &watchedHouse{house: open(t, set), telemetry: "http://" + address, records: records}
	w.monitors = w.startWith(w.proxy.Path, "telemetry", []string{"telemetry"}, append(append([]string(nil), w.env...),
		"TELEMETRY_ADDRESS="+address, "STAFF_ADDRESS="+freeport.Address(t), "TELEMETRY_PATH="+filepath.Join(t.TempDir(), "telemetry.db"),
		"DEVICE_KEYS=monitor-7="+monitorKey))
	return w
}

// wears lets the guest wear the monitor until the test ends.
func (w *watchedHouse) wears(scenario simulation.Scenario) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		simulation.Run(ctx, simulation.Plan{
			Guests: []simulation.Wearer{{Device: "monitor-7", Key: monitorKey, Scenario: scenario}}, URL: []string{w.telemetry}, Lasts: 10 * time.Minute,
		})
	}()
	w.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// monitored leads a guest to a session that is watched, and returns journey and
// session.
func (w *watchedHouse) monitored() (id, watched string) {
	w.t.Helper()
	w.invite(10*time.Second, true, nil)
	id = w.begin(lead(1))
	w.clear(id)
	w.eventually(45*time.Second, "the guest is expected, or here already", func() bool {
		view, err := w.status(id)
		return err == nil && (view.Stage == journey.StagePreArrival || view.Stage == journey.StageInProgram)
	})
	w.must(id, journey.UpdatePrepareSession, journey.PrepareSession{Envelope: operator("the monitor is on"), Device: "monitor-7", Room: "3", QTcBaseline: 410})
	w.eventually(45*time.Second, "the session is watched", func() bool {
		view, err := w.status(id)
		watched = view.Monitoring.ID
		return err == nil && view.Monitoring.State == journey.MonitorWatching
	})
	return id, watched
}

// alarms waits until a session's alarms are as wanted.
func (w *watchedHouse) alarms(watched, what string, wanted func(session.AlarmView) bool) (found session.AlarmView) {
	w.t.Helper()
	w.eventually(60*time.Second, what, func() bool {
		answer, err := w.client.QueryWorkflow(context.Background(), watched, "", kit.QueryStatus)
		var view session.Overview
		if err != nil || answer.Get(&view) != nil {
			return false
		}
		for _, alarm := range view.Alarms {
			if wanted(alarm) {
				found = alarm
				return true
			}
		}
		return false
	})
	return found
}

// watchThrough is a session from its first beat to its record.
func (w *watchedHouse) watchThrough() (id, watched string) {
	w.t.Helper()
	id, watched = w.monitored()
	w.wears(slow())
	alarm := w.alarms(watched, "the heart is slow", func(a session.AlarmView) bool { return a.Code == "HR-LOW" && a.State == session.StateRaised })
	w.eventually(10*time.Second, "a page", func() bool { return len(w.pages()) > 0 })
	nurse := kit.Envelope{Actor: "p-ana", Role: kit.RoleClinician, Reason: "at the bed"}
	w.must(watched, session.UpdateAcknowledge, session.Acknowledge{Envelope: nurse, Alarm: alarm.ID})
	w.must(watched, session.UpdateEnd, nurse)
	w.eventually(45*time.Second, "the journey knows of the end", func() bool {
		view, err := w.status(id)
		return err == nil && view.Monitoring.State == journey.MonitorEnded && len(view.Monitoring.Records) == 1
	})
	return id, watched
}

// pages are the texts to staff.
func (w *watchedHouse) pages() (texts []string) {
	for _, message := range w.sandbox.Messages(sandbox.MessageFilter{}) {
		if strings.Contains(message.Body, "Room 3") {
			texts = append(texts, message.Body)
		}
	}
	return texts
}

// TestAGuestIsWatchedThroughASession is the whole way: the journey begins the session,
// a slow heart pages the nurse, who acknowledges; the record is filed, the journey
// knows where, and the next session waits for a clinician.
func TestAGuestIsWatchedThroughASession(t *testing.T) {
	w := openWatched(t, settings{})
	id, watched := w.watchThrough()

	view, err := w.status(id)
	require.NoError(t, err)
	assert.True(t, view.Monitoring.Held, "a critical alarm")
	_, err = os.Stat(filepath.Join(w.records, view.Monitoring.Records[0]))
	require.NoError(t, err, "the record is where the journey says")
	for _, text := range w.pages() {
		assert.Contains(t, text, "The bedside monitor is the primary alarm.")
		assert.NotContains(t, text, "Fallback", "the worker was there in time")
	}
	assert.Contains(t, w.timeline(id), watched+": critical alarm")
}
