package inbox_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
	"guestjourney/internal/postgrestest"
)

func TestMain(m *testing.M) {
	if child() || limited() {
		return
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// clock is a time that only the test moves.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)} }

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

// place is where an inbox of one test is; it can be opened more than once.
type place struct {
	path, url string
	keys      string
	clock     *clock
	maxBytes  int64
}

const firstKey = 1

func keyText(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, codec.KeySize))
}

func ringCodec(t testing.TB, keys string) *codec.Codec {
	t.Helper()
	ring, err := codec.ParseRing(keys)
	require.NoError(t, err)
	c, err := codec.New(ring)
	require.NoError(t, err)
	return c
}

func (p *place) config(t testing.TB) inbox.Config {
	t.Helper()
	return inbox.Config{Path: p.path, URL: p.url, Codec: ringCodec(t, p.keys), Now: p.clock.now, MaxBytes: p.maxBytes}
}

func (p *place) open(t testing.TB) inbox.Store {
	t.Helper()
	store, err := inbox.Open(t.Context(), p.config(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// openAlone opens it as the only process that adds and leases.
func (p *place) openAlone(t testing.TB) inbox.Store {
	t.Helper()
	config := p.config(t)
	config.Alone = true
	store, err := inbox.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func file(t testing.TB) *place {
	t.Helper()
	return &place{path: filepath.Join(t.TempDir(), "data", "inbox.db"), keys: keyText("k1", firstKey), clock: newClock()}
}

func server(t testing.TB, c *postgrestest.Cluster) *place {
	t.Helper()
	return &place{url: c.Schema(t), keys: keyText("k1", firstKey), clock: newClock()}
}

func key(name string) inbox.Key { return sha256.Sum256([]byte(name)) }

// event is one that came now, named and queued as told.
func (p *place) event(name, workflow string) inbox.Event {
	return inbox.Event{
		Key: key(name), RequestID: uuid.NewSHA1(uuid.Nil, []byte(name)).String(), Provider: "stripe", Account: "acct_1",
		Type: "payment.made", WorkflowID: workflow, EventTime: p.clock.now(), ReceivedAt: p.clock.now(), Payload: []byte("payload of " + name),
	}
}

func add(t testing.TB, store inbox.Store, events ...inbox.Event) []bool {
	t.Helper()
	added, err := store.Add(t.Context(), events)
	require.NoError(t, err)
	require.Len(t, added, len(events))
	return added
}

func (p *place) due(t testing.TB, store inbox.Store, limit int) []inbox.Lease {
	t.Helper()
	leases, err := store.Due(t.Context(), p.clock.now(), limit)
	require.NoError(t, err)
	return leases
}

// one leases exactly one event and says which it must be.
func (p *place) one(t testing.TB, store inbox.Store, name string) inbox.Lease {
	t.Helper()
	leases := p.due(t, store, 10)
	require.Len(t, leases, 1)
	require.Equal(t, key(name), leases[0].Key, "want %s, got the one with %q", name, leases[0].Payload)
	return leases[0]
}

func pending(t testing.TB, store inbox.Store, workflow string) bool {
	t.Helper()
	is, err := store.Pending(t.Context(), workflow)
	require.NoError(t, err)
	return is
}

func known(t testing.TB, store inbox.Store, name string) bool {
	t.Helper()
	found, err := store.Known(t.Context(), []inbox.Key{key(name)})
	require.NoError(t, err)
	return found[key(name)]
}

// day is what most tests let a key be known for.
const day = 24 * time.Hour
