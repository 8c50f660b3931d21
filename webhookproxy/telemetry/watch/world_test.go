package watch_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"

	"guestjourney/internal/codec"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/readingtest"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/watch"
)

const (
	sessionID = "session/S1"
	device    = "monitor-7"
)

// world is a process that watches, on a clock that skips what nobody waits for.
type world struct {
	t       *testing.T
	path    string
	store   *store.Store
	watcher *watch.Watcher
	stop    func() // and wait
	follows *follows
	heart   *readingtest.Heart
}

// play runs a test with the store in a file.
func play(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "telemetry.db")
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, path: path}
		w.open()
		defer func() {
			w.stop()
			require.NoError(t, w.store.Close())
		}()
		test(t, w)
	})
}

func sealing() *codec.Codec {
	keys, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, codec.KeySize)))
	if err != nil {
		panic(err)
	}
	made, err := codec.New(keys)
	if err != nil {
		panic(err)
	}
	return made
}

// warm makes what the codec's packing shares between all tests, which must not be made
// in the bubble of one.
func warm() {
	sealed, err := sealing().SealBytes("warm", nil, bytes.Repeat([]byte{1}, 1000))
	if err == nil {
		_, err = sealing().OpenBytes("warm", nil, sealed)
	}
	if err != nil {
		panic(err)
	}
}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	opened, err := store.Open(t.Context(), store.Config{Path: path, Codec: sealing()})
	require.NoError(t, err)
	return opened
}

func (w *world) open() {
	w.store = openStore(w.t, w.path)
	w.run()
}

// run starts the watching.
func (w *world) run() {
	w.follows = &follows{}
	w.watcher, w.stop = begin(w.t, w.store, w.follows)
}

func begin(t *testing.T, of *store.Store, follower watch.Follower) (*watch.Watcher, func()) {
	t.Helper()
	watcher, err := watch.New(watch.Config{
		Store: of, Follower: follower, Poll: time.Second, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Meter: noop.NewMeterProvider().Meter(""),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { watcher.Run(ctx) })
	return watcher, func() { cancel(); running.Wait() }
}

// assign gives the session a device, and a heart with a rate to the device.
func (w *world) assign(name string, settings store.Settings) {
	w.t.Helper()
	require.NoError(w.t, w.store.Assign(w.t.Context(), store.Assignment{Device: name, Session: sessionID, Since: time.Now(), Settings: settings}))
	w.watcher.Look()
	w.heart = readingtest.New(name, 70, time.Now())
}

// beat sends a batch every second for so many.
func (w *world) beat(seconds int) {
	w.t.Helper()
	for range seconds {
		time.Sleep(time.Second) // of the bubble's clock
		w.send()
	}
	synctest.Wait()
}

// send sends one batch now.
func (w *world) send() {
	w.t.Helper()
	outcomes, err := w.store.Append(w.t.Context(), store.Received{Batch: w.heart.Next(time.Now())})
	require.NoError(w.t, err)
	w.watcher.Wake(outcomes[0].Session)
}

// told are the transitions of a session: "alarm change priority".
func (w *world) told(session string) (all []string) {
	w.t.Helper()
	for _, row := range w.rows(session) {
		found, err := outbox.Read(row)
		require.NoError(w.t, err)
		all = append(all, found.Alarm+" "+string(found.Change)+" "+found.Priority.String())
	}
	return all
}

func (w *world) rows(session string) []store.Entry {
	w.t.Helper()
	rows, err := w.store.Transitions(w.t.Context(), session, 0, 1000)
	require.NoError(w.t, err)
	for i, row := range rows {
		require.Equal(w.t, uint64(i+1), row.Number)
	}
	return rows
}

func protocol(t *testing.T, change func(*detector.Protocol)) json.RawMessage {
	t.Helper()
	made := detector.Default()
	made.Name, made.SignedBy, made.SignedAt = "trial", "p-doc", time.Now().Add(-time.Hour)
	change(&made)
	text, err := json.Marshal(made)
	require.NoError(t, err)
	return text
}

// follows counts what an owner tells of.
type follows struct {
	mutex   sync.Mutex
	watched func() bool
	news    int
}

func (f *follows) Follow(ctx context.Context, _ string, found <-chan struct{}, watched func() bool) {
	f.mutex.Lock()
	f.watched = watched
	f.mutex.Unlock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-found:
			f.mutex.Lock()
			f.news++
			f.mutex.Unlock()
		}
	}
}

func (f *follows) isWatched() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.watched != nil && f.watched()
}

// assignAgain gives the session the same device with other settings.
func (w *world) assignAgain(settings store.Settings) {
	w.t.Helper()
	kept, err := w.store.DeviceOf(w.t.Context(), sessionID)
	require.NoError(w.t, err)
	kept.Settings = settings
	require.NoError(w.t, w.store.Assign(w.t.Context(), kept))
	w.watcher.Look()
}

// spoil changes the file behind the store.
func (w *world) spoil(statement string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path+"?_pragma=busy_timeout(5000)")
	require.NoError(w.t, err)
	_, err = db.ExecContext(w.t.Context(), statement)
	require.NoError(w.t, err)
	require.NoError(w.t, db.Close())
}
