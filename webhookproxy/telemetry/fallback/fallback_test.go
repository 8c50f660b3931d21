package fallback_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"guestjourney/internal/paging"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/internal/staff"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/fallback"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	sessionID = "session/S1"
	safe      = "+525500000005" // of the failsafe in the example file
)

// world has a store whose clock the test moves, so that nobody waits for three
// seconds, and Twilio's stand-in.
type world struct {
	t       *testing.T
	store   *store.Store
	sandbox *sandboxtest.Sandbox
	owns    atomic.Bool
	lease   store.Lease
	config  fallback.Config

	mutex sync.Mutex
	at    time.Time
}

func (w *world) now() time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.at = w.at.Add(d)
}

// until lets time pass until an instant.
func (w *world) until(at time.Time) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.at = at
}

// open makes a world with one session, which is owned here.
func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: time.Now()}
	w.owns.Store(true)
	w.store = storetest.Open(t, store.Config{Now: w.now})
	require.NoError(t, w.store.Assign(t.Context(), store.Assignment{
		Device: "monitor-7", Session: sessionID, Since: w.now(), Settings: store.Settings{Room: "3"},
	}))
	got, err := w.store.Acquire(t.Context(), sessionID)
	require.NoError(t, err)
	w.lease = got.Lease
	w.openSandbox()
	return w
}

func (w *world) openSandbox() {
	w.sandbox = sandboxtest.Open(w.t, sandbox.Config{})
	secrets := w.sandbox.Secrets
	pager, err := paging.New(paging.Config{
		AccountSID: secrets.TwilioAccountSID, APIKeySID: secrets.TwilioKeySID, APIKeySecret: secrets.TwilioKeySecret,
		From: "+14155550100", BaseURL: w.sandbox.URL + "/twilio",
	})
	require.NoError(w.t, err)
	text, err := os.ReadFile("../../../deploy/staff/example.json")
	require.NoError(w.t, err)
	roster, err := staff.Read(text)
	require.NoError(w.t, err)
	w.config = fallback.Config{
		Store: w.store, Roster: func() fallback.Roster { return roster }, Pager: pager, Owns: func(string) bool { return w.owns.Load() },
		Now: w.now, Logger: slog.New(slog.DiscardHandler), Meter: noop.NewMeterProvider().Meter(""),
	}
}

// run runs until the test ends, or the returned function is called.
func (w *world) run() (stop func()) {
	w.t.Helper()
	made, err := fallback.New(w.config)
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { made.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	w.t.Cleanup(stop)
	return stop
}

// found commits transitions, numbered from a number on.
func (w *world) found(number uint64, all ...detector.Transition) {
	w.t.Helper()
	var rows []store.Transition
	for i, one := range all {
		one.Number = number + uint64(i)
		row, err := outbox.Row(sessionID, one)
		require.NoError(w.t, err)
		rows = append(rows, row)
	}
	var err error
	w.lease, err = w.store.Commit(w.t.Context(), w.lease, store.Progress{Transitions: rows})
	require.NoError(w.t, err)
}

func alarm(change detector.Change, priority detector.Priority) detector.Transition {
	return detector.Transition{Alarm: "asystole", Code: detector.Asystole, Change: change, Priority: priority}
}

var critical = alarm(detector.Raised, detector.Critical)

func (w *world) pages() []sandbox.Message { return w.sandbox.Messages(sandbox.MessageFilter{To: safe}) }

func (w *world) row(number uint64) store.Entry {
	w.t.Helper()
	rows, err := w.store.Transitions(w.t.Context(), sessionID, number-1, 1)
	require.NoError(w.t, err)
	return rows[0]
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 30*time.Second, 5*time.Millisecond, what)
}

// quiet is four looks in which nothing happens.
const quiet = time.Second

func TestTheFailsafeIsTextedAndCalled(t *testing.T) {
	w := open(t)
	w.run()
	w.found(1, critical, alarm(detector.Eased, detector.Low))
	w.pass(fallback.Overdue - time.Millisecond)
	require.Never(t, func() bool { return len(w.pages()) > 0 }, quiet, 50*time.Millisecond, "it is the workflow's to page")
	w.pass(time.Millisecond)
	eventually(t, "a text and a call", func() bool { return len(w.pages()) == 2 && w.row(1).Fallback })
	want := outbox.Page(w.row(1), "3")
	require.Equal(t, "S1/1", want.Key)
	said := map[string]string{}
	for _, page := range w.pages() {
		said[page.Channel] = page.Body
	}
	require.Equal(t, want.Text(), said["sms"])
	require.Contains(t, said["voice"], "Fallback page.")
	w.pass(time.Minute)
	require.Never(t, func() bool { return len(w.pages()) > 2 }, quiet, 50*time.Millisecond, "once")
}

func TestWhatWasPagedIsLeftAlone(t *testing.T) {
	w := open(t)
	w.found(1, critical)
	_, err := w.store.HandedOver(t.Context(), sessionID, 1, w.now(), false)
	require.NoError(t, err)
	w.pass(time.Minute)
	w.run()
	require.Never(t, func() bool { return len(w.pages()) > 0 }, quiet, 50*time.Millisecond)
}

// TestAWarningThatIsOverIsRecalled: SessionMonitor would not page about it either; a
// critical alarm is another matter.
func TestAWarningThatIsOverIsRecalled(t *testing.T) {
	w := open(t)
	w.found(1, alarm(detector.Raised, detector.Warning), alarm(detector.Cleared, detector.Warning),
		alarm(detector.ReRaised, detector.Critical), alarm(detector.Cleared, detector.Critical))
	w.pass(fallback.Overdue)
	w.run()
	eventually(t, "recalled, and paged", func() bool { return !w.row(1).RecalledAt.IsZero() && !w.row(3).HandedAt.IsZero() })
	require.True(t, w.row(1).HandedAt.IsZero())
	require.Len(t, w.pages(), 2)
}

func TestItIsTriedUntilAProviderTakesIt(t *testing.T) {
	w := open(t)
	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.Fault503}))
	w.found(1, critical)
	w.pass(fallback.Overdue)
	w.run()
	tries := func() int { return len(w.sandbox.Journal(sandbox.JournalFilter{Provider: "twilio"})) }
	// The clock goes on while it is waited: the pause begins when a try has ended,
	// which is after the provider has seen it.
	goesOn := func() { w.pass(50 * time.Millisecond) }
	for try := 1; try <= 3; try++ {
		eventually(t, "another try", func() bool { goesOn(); return tries() >= 2*try })
	}
	require.True(t, w.row(1).HandedAt.IsZero())
	w.sandbox.ClearFaults()
	eventually(t, "a page", func() bool { goesOn(); return w.row(1).Fallback })
}

// TestOneSlowCallHoldsUpNothing: neither the text of the same page nor other pages.
func TestOneSlowCallHoldsUpNothing(t *testing.T) {
	w := open(t)
	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "twilio", Operation: "calls.create", Kind: sandbox.FaultLatency, Delay: 3 * time.Second}))
	var all []detector.Transition
	for range 20 {
		all = append(all, alarm(detector.Escalated, detector.Critical))
	}
	w.found(1, all...)
	w.pass(fallback.Overdue)
	began := time.Now()
	w.run()
	eventually(t, "all are on record", func() bool {
		rows, err := w.store.Overdue(t.Context(), 0, 100)
		return err == nil && len(rows) == 0
	})
	require.Less(t, time.Since(began), 2500*time.Millisecond)
	w.sandbox.ClearFaults()
}

// TestWhoseOwnerIsElsewhereIsLeftToItForAMoment: two processes would page twice.
func TestWhoseOwnerIsElsewhereIsLeftToItForAMoment(t *testing.T) {
	w := open(t)
	w.owns.Store(false)
	w.found(1, critical)
	w.pass(fallback.Overdue + time.Second)
	w.run()
	require.Never(t, func() bool { return len(w.pages()) > 0 }, quiet, 50*time.Millisecond)
	w.pass(7 * time.Second)
	eventually(t, "nobody has come", func() bool { return len(w.pages()) == 2 && w.row(1).Fallback })
	w.until(w.row(1).HandedAt.Add(fallback.Again + time.Second))
	require.Never(t, func() bool { return len(w.pages()) > 2 }, quiet, 50*time.Millisecond)
	w.pass(7 * time.Second)
	eventually(t, "nor again", func() bool { return len(w.pages()) == 4 })
}

func TestAPageThatCannotBeReadIsMade(t *testing.T) {
	w := open(t)
	lease, err := w.store.Commit(t.Context(), w.lease, store.Progress{Transitions: []store.Transition{{Number: 1, Payload: []byte("{"), PageKey: "S1/1"}}})
	require.NoError(t, err)
	w.lease = lease
	w.pass(fallback.Overdue)
	w.run()
	eventually(t, "a page", func() bool { return len(w.pages()) == 2 })
	require.True(t, strings.HasPrefix(w.pages()[0].Body, "Room 3"), w.pages()[0].Body)
}
