package store_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/codec"
	"guestjourney/internal/postgrestest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

func TestMain(m *testing.M) {
	if owner() {
		return
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var start = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

// clock is a time that only the test moves.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(d)
}

// place is where the store of one test is; it can be opened more than once.
type place struct {
	path, url string
	keys      string
	clock     *clock
}

func file(t testing.TB) *place {
	t.Helper()
	return &place{path: filepath.Join(t.TempDir(), "data", "telemetry.db"), keys: keyText("k1", 1), clock: &clock{at: start}}
}

func server(t testing.TB, c *postgrestest.Cluster) *place {
	t.Helper()
	return &place{url: c.Schema(t), keys: keyText("k1", 1), clock: &clock{at: start}}
}

func keyText(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, codec.KeySize))
}

func (p *place) config() (store.Config, error) {
	ring, err := codec.ParseRing(p.keys)
	if err != nil {
		return store.Config{}, err
	}
	c, err := codec.New(ring)
	return store.Config{Path: p.path, URL: p.url, Codec: c, Now: p.clock.now}, err
}

func (p *place) open(t testing.TB) *store.Store {
	t.Helper()
	config, err := p.config()
	require.NoError(t, err)
	s, err := store.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// raw is the database without the store.
func (p *place) raw(t testing.TB) *sql.DB {
	t.Helper()
	driver, address := "sqlite", "file:"+p.path
	if p.url != "" {
		driver, address = "pgx", p.url
	}
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// downTo takes the tables back to those of an earlier version.
func (p *place) downTo(t testing.TB, version int64) {
	t.Helper()
	dialect, folder := goose.DialectSQLite3, "sqlite"
	if p.url != "" {
		dialect, folder = goose.DialectPostgres, "postgres"
	}
	provider, err := goose.NewProvider(dialect, p.raw(t), os.DirFS("migrations/"+folder),
		goose.WithTableName("telemetry_migration"), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.DownTo(t.Context(), version)
	require.NoError(t, err)
}

// batch is one of a second in which the heart rate was told.
func (p *place) batch(device string, sequence uint64) reading.Batch {
	rate := 60 + float64(sequence%40)
	return reading.Batch{Device: device, Sequence: sequence, Samples: []reading.Sample{{At: p.clock.now(), Leads: reading.LeadsOn, HeartRate: &rate}}}
}

func add(t testing.TB, s *store.Store, batches ...reading.Batch) []store.Outcome {
	t.Helper()
	received := make([]store.Received, len(batches))
	for i, batch := range batches {
		received[i].Batch = batch
	}
	outcomes, err := s.Append(t.Context(), received...)
	require.NoError(t, err)
	require.Len(t, outcomes, len(batches))
	return outcomes
}

// added is what became of a new batch.
func added(session string) store.Outcome { return store.Outcome{Session: session} }

func (p *place) assign(t testing.TB, s *store.Store, device, session string) {
	t.Helper()
	require.NoError(t, s.Assign(t.Context(), p.assignment(device, session)))
}

func (p *place) assignment(device, session string) store.Assignment {
	return store.Assignment{Device: device, Session: session, Since: p.clock.now(), Settings: settings(session)}
}

// settings are those of a session, each with its own.
func settings(session string) store.Settings {
	if session == store.Unassigned {
		return store.Settings{}
	}
	return store.Settings{Room: "room-" + session, Protocol: json.RawMessage(`{"name":"canary-protocol"}`), QTcBaseline: 410}
}

// tail is all of a session's sequence numbers in their order.
func tail(t testing.TB, s *store.Store, session string) (sequences []uint64) {
	t.Helper()
	found, err := s.Tail(t.Context(), session, 0, 1000)
	require.NoError(t, err)
	for i, one := range found {
		require.NoError(t, one.Unreadable)
		require.True(t, i == 0 || one.Position > found[i-1].Position)
		sequences = append(sequences, one.Batch.Sequence)
	}
	return sequences
}

// own gives the session a device and an owner.
func (p *place) own(t testing.TB, s *store.Store, session string) store.Lease {
	t.Helper()
	p.assign(t, s, "device-of-"+session, session)
	got, err := s.Acquire(t.Context(), session)
	require.NoError(t, err)
	return got.Lease
}

// transition is one that somebody is paged for.
func transition(number uint64) store.Transition {
	return store.Transition{Number: number, Payload: fmt.Appendf(nil, "transition %d", number), PageKey: fmt.Sprint("page/", number)}
}

func commit(t testing.TB, s *store.Store, lease store.Lease, transitions ...store.Transition) store.Lease {
	t.Helper()
	lease, err := s.Commit(t.Context(), lease, store.Progress{Transitions: transitions})
	require.NoError(t, err)
	return lease
}

func numbers(entries []store.Entry) (all []uint64) {
	for _, one := range entries {
		all = append(all, one.Number)
	}
	return all
}

func undelivered(t testing.TB, s *store.Store, session string) []uint64 {
	t.Helper()
	found, err := s.Undelivered(t.Context(), session, 100)
	require.NoError(t, err)
	return numbers(found)
}
