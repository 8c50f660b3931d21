package inbox_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/internal/freeport"
	"guestjourney/internal/inbox"
)

// large is an event whose payload does not compress.
func (p *place) large(name string) inbox.Event {
	event := p.event(name, "pay/"+name)
	event.Payload = make([]byte, 64<<10)
	_, _ = rand.Read(event.Payload)
	return event
}

func TestFullFile(t *testing.T) {
	p := file(t)
	p.maxBytes = 1 << 20
	store := p.open(t)
	require.NoError(t, store.Check(t.Context()))
	kept := fill(t, p, store)
	require.Greater(t, kept, 5, "there was room before")

	_, err := store.Add(t.Context(), []inbox.Event{p.event("small", "pay/small"), p.large("too much")})
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.ErrorContains(t, err, p.path)
	require.ErrorContains(t, err, "free space")
	require.False(t, known(t, store, "small"), "nothing is half written")
	require.False(t, pending(t, store, "pay/small"))
	require.ErrorIs(t, fillRest(p, store), inbox.ErrUnavailable)
	require.ErrorIs(t, store.Check(t.Context()), inbox.ErrUnavailable, "/readyz shows it")

	stats, err := store.Stats(t.Context())
	require.NoError(t, err, "an operator can still look")
	require.GreaterOrEqual(t, stats.Waiting, kept)
	for _, lease := range p.due(t, store, 8) { // what is there can still leave
		require.NoError(t, store.Done(t.Context(), lease, p.clock.now().Add(day)))
	}
	require.NoError(t, store.Check(t.Context()))
	require.Equal(t, []bool{true}, add(t, store, p.large("too much")), "and makes room")
}

// fill adds until the file is full, and checks that what was refused is not there.
func fill(t *testing.T, p *place, store inbox.Store) (kept int) {
	t.Helper()
	for {
		name := fmt.Sprint("large ", kept)
		_, err := store.Add(t.Context(), []inbox.Event{p.large(name)})
		if err != nil {
			require.ErrorIs(t, err, inbox.ErrUnavailable)
			require.False(t, known(t, store, name))
			return kept
		}
		kept++
	}
}

// fillRest uses up what is too small for a large event.
func fillRest(p *place, store inbox.Store) error {
	for n := 0; ; n++ {
		event := p.event(fmt.Sprint("rest ", n), "pay/rest")
		event.Payload = p.large("").Payload[:8<<10]
		if _, err := store.Add(context.Background(), []inbox.Event{event}); err != nil {
			return err
		}
	}
}

// limitedPath makes the test program one that may write no large file.
const limitedPath = "INBOX_TEST_LIMITED_PATH"

// limited fills its files up to the limit of the process, which the system
// enforces as it does the end of a disk: a write fails half way. Then it gets
// room and adds one more.
func limited() bool {
	path := os.Getenv(limitedPath)
	if path == "" {
		return false
	}
	signal.Ignore(syscall.SIGXFSZ)
	ring, err := codec.ParseRing(keyText("k1", firstKey))
	exitOn(err)
	c, err := codec.New(ring)
	exitOn(err)
	store, err := inbox.Open(context.Background(), inbox.Config{Path: path, Codec: c})
	exitOn(err)
	var limit syscall.Rlimit
	exitOn(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	exitOn(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 700 << 10, Max: limit.Max}))
	p := &place{clock: newClock()}
	kept := 0
	for ; err == nil; kept++ {
		_, err = store.Add(context.Background(), []inbox.Event{p.large(fmt.Sprint("large ", kept))})
	}
	fmt.Println(kept-1, err)
	exitOn(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	_, err = store.Add(context.Background(), []inbox.Event{p.event("after", "pay/after")})
	exitOn(err)
	exitOn(store.Close())
	return true
}

func TestFullDisk(t *testing.T) {
	p := file(t)
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), limitedPath+"="+p.path)
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Contains(t, string(output), inbox.ErrUnavailable.Error())
	require.Contains(t, string(output), "move INBOX_PATH")
	var kept int
	_, err = fmt.Sscan(string(output), &kept)
	require.NoError(t, err)
	require.Positive(t, kept)

	store := p.open(t)
	require.True(t, known(t, store, "after"), "it works again once there is room")
	for n := range kept {
		entry, err := store.Get(t.Context(), key(fmt.Sprint("large ", n)))
		require.NoError(t, err)
		require.Len(t, entry.Payload, 64<<10)
	}
	require.False(t, known(t, store, fmt.Sprint("large ", kept)), "what was refused is not half there")
	require.Equal(t, []bool{true}, add(t, store, p.large(fmt.Sprint("large ", kept))))
}

func TestLockedFile(t *testing.T) {
	p := file(t)
	store := p.open(t)
	db := p.raw(t)
	db.SetMaxOpenConns(1)
	_, err := db.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	_, err = store.Add(t.Context(), []inbox.Event{p.event("a", "pay/1")})
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.ErrorContains(t, err, "another process holds the file")
	require.False(t, known(t, store, "a"), "readers do not wait for it")
	_, err = db.Exec("ROLLBACK")
	require.NoError(t, err)
	require.Equal(t, []bool{true}, add(t, store, p.event("a", "pay/1")))
}

func TestDamagedFile(t *testing.T) {
	p := file(t)
	store := p.open(t)
	var events []inbox.Event
	for n := range 50 {
		events = append(events, p.large(fmt.Sprint(n)))
	}
	add(t, store, events...)
	require.NoError(t, store.Close())
	whole, err := os.ReadFile(p.path)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(p.path, []byte("this is a letter to the editor, not a database of any kind"), 0o600))
	_, err = inbox.Open(t.Context(), p.config(t))
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.ErrorContains(t, err, "damaged or no inbox")

	for at := 8192; at < len(whole); at += 4096 { // the schema is whole, no other page is
		_, _ = rand.Read(whole[at : at+4096])
	}
	require.NoError(t, os.WriteFile(p.path, whole, 0o600))
	opened, err := inbox.Open(t.Context(), p.config(t))
	if err == nil {
		t.Cleanup(func() { require.NoError(t, opened.Close()) })
		_, err = opened.Add(t.Context(), []inbox.Event{p.event("a", "pay/1")})
	}
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.ErrorContains(t, err, ".recover")
}

func TestPlaceThatCannotBeOpened(t *testing.T) {
	p := file(t)
	require.NoError(t, os.MkdirAll(p.path, 0o700)) // a folder
	_, err := inbox.Open(t.Context(), p.config(t))
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.ErrorContains(t, err, "INBOX_PATH")

	p.url = "postgres://inbox:secret-word@127.0.0.1:" + freeport.Get(t) + "/inbox"
	_, err = inbox.Open(t.Context(), p.config(t))
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.ErrorContains(t, err, "check that PostgreSQL runs")
	require.NotContains(t, err.Error(), "secret-word")

	p.url = "postgres://inbox:secret-word@127.0.0.1:port/inbox"
	_, err = inbox.Open(t.Context(), p.config(t))
	require.ErrorContains(t, err, "DATABASE_URL")
	require.NotContains(t, err.Error(), "secret-word")

	_, err = inbox.Open(t.Context(), inbox.Config{Path: p.path})
	require.ErrorContains(t, err, "PAYLOAD_KEYS")
	p.path, p.url = "", ""
	_, err = inbox.Open(t.Context(), p.config(t))
	require.ErrorContains(t, err, "INBOX_PATH")
}

// TestAddWhileTheQueueEmpties adds to a queue at the very moment that another
// proxy finishes its last event: the queue must not be removed under the new one.
func TestAddWhileTheQueueEmpties(t *testing.T) {
	p := server(t, postgresql(t, "fsync=off"))
	store, raw := p.open(t), p.raw(t)
	add(t, store, p.event("a", "pay/1"))
	lease := p.one(t, store, "a")

	other, err := raw.Begin() // what Add of another proxy does, up to its commit
	require.NoError(t, err)
	b := key("b")
	_, err = other.Exec(`INSERT INTO inbox_event (event_key, request_id, provider, account, event_type, workflow_id, event_time, received_at, state, payload)
		VALUES ($1, 'b', 'stripe', '', '', 'pay/1', 0, 0, 'waiting', '')`, b[:])
	require.NoError(t, err)
	_, err = other.Exec("UPDATE inbox_queue SET next_at = next_at WHERE workflow_id = 'pay/1'")
	require.NoError(t, err)

	done := make(chan error, 1)
	go func() { done <- store.Done(context.Background(), lease, p.clock.now().Add(day)) }()
	require.Eventually(t, func() bool {
		var waiting int
		return raw.QueryRow("SELECT COUNT(*) FROM pg_locks WHERE NOT granted").Scan(&waiting) == nil && waiting > 0
	}, 30*time.Second, 10*time.Millisecond, "Done waits for the other proxy")
	require.NoError(t, other.Commit())
	require.NoError(t, <-done)
	require.True(t, pending(t, store, "pay/1"))
	entry, err := store.List(t.Context(), inbox.Filter{})
	require.NoError(t, err)
	require.Len(t, entry, 1)
	require.False(t, entry[0].Leased, "due at once")
}

// TestServerThatGoes ends the sessions of PostgreSQL under a proxy.
func TestServerThatGoes(t *testing.T) {
	p := server(t, postgresql(t, "fsync=off"))
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"))
	_, err := p.raw(t).Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
	require.NoError(t, err)
	// A session that was idle may be noticed or not; either nothing is stored or
	// the event is.
	if _, err := store.Add(t.Context(), []inbox.Event{p.event("b", "pay/1")}); err != nil {
		require.ErrorIs(t, err, inbox.ErrUnavailable)
		require.Equal(t, []bool{true}, add(t, store, p.event("b", "pay/1")))
	}
	require.True(t, known(t, store, "b"))

	_, err = p.raw(t).Exec("ALTER ROLE inbox SET synchronous_commit = off")
	require.NoError(t, err)
	_, err = inbox.Open(t.Context(), p.config(t))
	require.ErrorContains(t, err, "synchronous_commit is off")
}
