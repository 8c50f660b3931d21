package inbox_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
)

func missingKey(t *testing.T, p *place) {
	old := p.open(t)
	add(t, old, p.event("a", "pay/1"))
	require.NoError(t, old.Close())

	both := p.keys + "," + keyText("k2", 2)
	p.keys = keyText("k2", 2)
	rotated := p.open(t)
	add(t, rotated, p.event("b", "pay/2"))
	leases, err := rotated.Due(t.Context(), p.clock.now(), 10)
	require.ErrorIs(t, err, codec.ErrUnknownKey)
	require.ErrorContains(t, err, "PAYLOAD_KEYS")
	require.ErrorContains(t, err, key("a").String())
	require.NotErrorIs(t, err, inbox.ErrUnavailable, "the database is well")
	require.Len(t, leases, 1, "the others go")
	require.Equal(t, key("b"), leases[0].Key)

	_, err = rotated.Get(t.Context(), key("a"))
	require.ErrorIs(t, err, codec.ErrUnknownKey)
	entries, err := rotated.List(t.Context(), inbox.Filter{WorkflowID: "pay/1"})
	require.NoError(t, err)
	require.Equal(t, inbox.ReasonUnknownKey, entries[0].Reason, "what a stuck row says")
	require.NoError(t, rotated.Close())

	p.keys = both
	p.clock.pass(time.Minute)
	require.Equal(t, "payload of a", string(p.due(t, p.open(t), 1)[0].Payload))
}

func boundPayload(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/2"))
	db := p.raw(t)
	a, b := key("a"), key("b")
	_, err := db.Exec("UPDATE inbox_event SET payload = (SELECT o.payload FROM inbox_event o WHERE o.event_key = $1) WHERE event_key = $2", a[:], b[:])
	require.NoError(t, err)
	_, err = store.Get(t.Context(), b)
	require.ErrorIs(t, err, codec.ErrAuthentication)

	clear := []byte("\x12\x05clear") // a protobuf payload that was never sealed
	_, err = db.Exec("UPDATE inbox_event SET payload = $1 WHERE event_key = $2", clear, b[:])
	require.NoError(t, err)
	_, err = store.Get(t.Context(), b)
	require.ErrorIs(t, err, codec.ErrAuthentication)
	require.NotContains(t, err.Error(), "clear")
}

// raw is the database without the inbox.
func (p *place) raw(t *testing.T) *sql.DB {
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

func TestNothingOfAPayloadIsReadableInTheFiles(t *testing.T) {
	const canary = "Canary-Guest-7731@example.org"
	p := file(t)
	store := p.open(t)
	event := p.event("a", "pay/marker-of-the-search")
	event.Payload = bytes.Repeat([]byte(canary+" "), 3)
	add(t, store, event, p.event("b", "pay/2"))
	lease := p.due(t, store, 1)[0]
	require.NoError(t, store.Defer(t.Context(), lease, p.clock.now(), "unavailable"))

	for range 2 { // with a -wal, then without
		found := readAll(t, filepath.Dir(p.path))
		require.Contains(t, found, "marker-of-the-search", "the search finds what is in clear")
		require.NotContains(t, found, "Canary")
		require.NotContains(t, found, "7731@example")
		require.NoError(t, store.Close())
	}
}

func readAll(t *testing.T, folder string) string {
	t.Helper()
	var all []byte
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is for its user alone", entry.Name())
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		all = append(all, data...)
	}
	return string(all)
}
