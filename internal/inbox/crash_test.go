package inbox_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
	"guestjourney/internal/killtest"
)

// Either makes the test program a proxy that does nothing but add.
const (
	childPath = "INBOX_TEST_CHILD_PATH"
	childURL  = "INBOX_TEST_CHILD_URL"
)

// child runs if this is such a proxy: it writes the name of every event on
// standard output once Add has returned, until it is killed.
func child() bool {
	path, url := os.Getenv(childPath), os.Getenv(childURL)
	if path == "" && url == "" {
		return false
	}
	ring, err := codec.ParseRing(keyText("k1", firstKey))
	exitOn(err)
	c, err := codec.New(ring)
	exitOn(err)
	store, err := inbox.Open(context.Background(), inbox.Config{Path: path, URL: url, Codec: c})
	exitOn(err)
	p := &place{clock: newClock()}
	var output sync.Mutex
	for caller := range 4 {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%d/%d/%d", os.Getpid(), caller, n)
				_, err := store.Add(context.Background(), []inbox.Event{p.event(name, "pay/"+name)})
				exitOn(err)
				output.Lock()
				fmt.Println(name)
				output.Unlock()
			}
		}()
	}
	select {}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestKilledProxyLosesNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killedProxy(t, file(t)) })
	t.Run("postgres", func(t *testing.T) { killedProxy(t, server(t, postgresql(t, "fsync=off"))) })
}

func killedProxy(t *testing.T, p *place) {
	var told []string
	for round := range 4 {
		told = append(told, killtest.Run(t, 40*(round+1), childPath+"="+p.path, childURL+"="+p.url)...)
		store := p.open(t)
		for _, name := range told {
			entry, err := store.Get(t.Context(), key(name))
			require.NoError(t, err, name)
			require.Equal(t, "payload of "+name, string(entry.Payload))
			require.True(t, pending(t, store, "pay/"+name))
		}
		require.NoError(t, store.Close())
	}
	require.GreaterOrEqual(t, len(told), 40+80+120+160)
}

func TestKilledProxyGivesItsLeaseBack(t *testing.T) {
	p := file(t)
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"))
	p.one(t, store, "a")
	require.NoError(t, store.Close())

	next := p.open(t)
	require.Empty(t, p.due(t, next, 10))
	p.clock.pass(inbox.DefaultLease)
	require.Equal(t, 2, p.one(t, next, "a").Attempts)
}

// Who is alone knows that nobody is left who could end an old lease; its own it
// keeps.
func TestWhoIsAloneTakesOverAtOnceWhatAKilledProxyHad(t *testing.T) {
	p := file(t)
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/2"))
	require.Len(t, p.due(t, store, 10), 2)
	require.NoError(t, store.Close())

	next := p.openAlone(t)
	require.Len(t, p.due(t, next, 1), 1)
	require.Len(t, p.due(t, next, 10), 1, "the first lease is this process's own")
	require.Empty(t, p.due(t, next, 10))
}

func TestWritersShareTransactions(t *testing.T) {
	p := file(t)
	store := p.open(t)
	const callers = 200
	start := make(chan struct{})
	var group sync.WaitGroup
	for n := range callers {
		group.Go(func() {
			<-start
			if _, err := store.Add(context.Background(), []inbox.Event{p.event(fmt.Sprint(n), fmt.Sprint(n))}); err != nil {
				t.Error(err)
			}
		})
	}
	before := commits(t, p.path)
	close(start)
	group.Wait()
	require.Less(t, commits(t, p.path)-before, callers/4, "transactions for %d callers", callers)
	entries, err := store.List(t.Context(), inbox.Filter{Limit: 2 * callers})
	require.NoError(t, err)
	require.Len(t, entries, callers)
}

func TestOneRefusedEventDoesNotFailItsNeighbours(t *testing.T) {
	p := file(t)
	store := p.open(t)
	_, err := p.raw(t).Exec("CREATE TRIGGER refuse BEFORE INSERT ON inbox_event WHEN NEW.account = 'refused' BEGIN SELECT RAISE(ABORT, 'refused'); END")
	require.NoError(t, err)
	var group sync.WaitGroup
	for n := range 100 {
		group.Go(func() {
			event := p.event(fmt.Sprint(n), fmt.Sprint("pay/", n))
			if n%50 == 25 {
				event.Account = "refused"
			}
			added, err := store.Add(context.Background(), []inbox.Event{event})
			if (err != nil) != (event.Account == "refused") || (err == nil && !added[0]) {
				t.Errorf("event %d: added %v, %v", n, added, err)
			}
		})
	}
	group.Wait()
	stats, err := store.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, 98, stats.Waiting)
	require.False(t, known(t, store, "25"), "its key is not left behind")
	require.False(t, pending(t, store, "pay/25"))
}

// commits counts the frames of the -wal that end a transaction: those that say
// how large the database is.
func commits(t *testing.T, path string) (count int) {
	t.Helper()
	const header, frame = 32, 24 + 4096
	data, err := os.ReadFile(path + "-wal")
	require.NoError(t, err)
	for at := header; at+frame <= len(data); at += frame {
		if string(data[at+4:at+8]) != "\x00\x00\x00\x00" {
			count++
		}
	}
	return count
}
