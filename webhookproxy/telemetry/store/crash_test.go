package store_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/killtest"
	"guestjourney/webhookproxy/telemetry/store"
)

// Either makes the test program an owner that does nothing but commit.
const (
	ownerPath = "STORE_TEST_OWNER_PATH"
	ownerURL  = "STORE_TEST_OWNER_URL"
)

// owner runs if this is such a process: it writes the position on standard output
// once Commit has returned, until it is killed.
func owner() bool {
	p := &place{path: os.Getenv(ownerPath), url: os.Getenv(ownerURL), keys: keyText("k1", 1), clock: &clock{at: start}}
	if p.path == "" && p.url == "" {
		return false
	}
	config, err := p.config()
	exitOn(err)
	s, err := store.Open(context.Background(), config)
	exitOn(err)
	got, err := s.Acquire(context.Background(), "s1")
	exitOn(err)
	for position := got.Position + 1; ; position++ {
		_, err := s.Append(context.Background(), store.Received{Batch: p.batch("m1", uint64(position))})
		exitOn(err)
		_, err = s.Commit(context.Background(), got.Lease, progressTo(position))
		exitOn(err)
		fmt.Println(position)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// progressTo commits two transitions a position.
func progressTo(position int64) store.Progress {
	return store.Progress{
		Position: position, Checkpoint: []byte(strconv.FormatInt(position, 10)),
		Transitions: []store.Transition{transition(uint64(2*position - 1)), transition(uint64(2 * position))},
	}
}

func killedOwner(t *testing.T, p *place) {
	p.assign(t, p.open(t), "m1", "s1")
	for round := range 2 {
		told := killtest.Run(t, 15*(round+1), ownerPath+"="+p.path, ownerURL+"="+p.url)
		s := p.open(t)
		p.clock.pass(store.DefaultLease)
		got, err := s.Acquire(t.Context(), "s1")
		require.NoError(t, err)
		last, err := strconv.ParseInt(told[len(told)-1], 10, 64)
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.Position, last, "what was told is there")
		require.Equal(t, strconv.FormatInt(got.Position, 10), string(got.Checkpoint))
		transitions, err := s.Transitions(t.Context(), "s1", 0, 10_000)
		require.NoError(t, err)
		require.Len(t, transitions, int(2*got.Position), "all of a commit or nothing")
		require.GreaterOrEqual(t, len(tail(t, s, "s1")), int(got.Position))
		require.NoError(t, s.Release(t.Context(), got.Lease))
		require.NoError(t, s.Close())
	}
}
