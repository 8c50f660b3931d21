package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

func comesBack(t *testing.T, p *place) {
	s := p.open(t)
	p.assign(t, s, "m1", "s1")
	batch := p.batch("m1", 1)
	batch.Alarms = []reading.Alarm{{Code: "pvc-run", Priority: reading.High, Start: p.clock.now()}}
	require.Equal(t, []store.Outcome{added("s1")}, add(t, s, batch))

	found, err := s.Tail(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Stored{{Position: 1, Received: store.Received{Batch: batch, At: p.clock.now()}}}, found)
	found, err = s.Tail(t.Context(), "s1", found[0].Position, 10)
	require.NoError(t, err)
	require.Empty(t, found, "nothing is behind it")
}

func twice(t *testing.T, p *place) {
	s := p.open(t)
	p.assign(t, s, "m1", "s1")
	one, other := p.batch("m1", 1), p.batch("m1", 1)
	other.Samples[0].Leads = reading.LeadsOff
	same, conflicting := store.Outcome{Session: "s1", Likeness: reading.Same}, store.Outcome{Session: "s1", Likeness: reading.Conflicting}
	require.Equal(t, []store.Outcome{added("s1"), same, conflicting}, add(t, s, one, one, other), "in one call")
	require.Equal(t, []store.Outcome{same, added("s1"), conflicting}, add(t, s, one, p.batch("m1", 2), other), "in another")
	require.Equal(t, []uint64{1, 2}, tail(t, s, "s1"))
	found, err := s.Tail(t.Context(), "s1", 0, 1)
	require.NoError(t, err)
	require.Equal(t, one, found[0].Batch, "the first one stays")

	p.clock.pass(time.Second)
	p.assign(t, s, "m1", "s2")
	require.Equal(t, []store.Outcome{same}, add(t, s, one), "whoever has the device now")
}

func oneAdds(t *testing.T, p *place) {
	stores := []*store.Store{p.open(t), p.open(t)}
	p.assign(t, stores[0], "m1", "s1")
	p.assign(t, stores[0], "m2", "s2")
	const callers, count = 4, 12
	var mutex sync.Mutex
	fresh := map[string]int{}
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for n := range count {
				sequence := uint64((n+caller*7)%count + 1)
				batches := []store.Received{{Batch: p.batch("m1", sequence)}, {Batch: p.batch("m2", sequence)}}
				if caller%2 == 1 {
					slices.Reverse(batches) // what would be a deadlock without an order
				}
				outcomes, err := stores[caller%2].Append(context.Background(), batches...)
				if err != nil {
					t.Error(err)
					return
				}
				mutex.Lock()
				for _, one := range outcomes {
					if one.Likeness == reading.Different {
						fresh[fmt.Sprint(one.Session, "/", sequence)]++
					}
				}
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	require.Len(t, fresh, 2*count)
	for name, times := range fresh {
		require.Equal(t, 1, times, name)
	}
	require.Len(t, tail(t, stores[0], "s1"), count)
	require.Len(t, tail(t, stores[0], "s2"), count)
}

func unassigned(t *testing.T, p *place) {
	s := p.open(t)
	require.Equal(t, []store.Outcome{added(store.Unassigned)}, add(t, s, p.batch("m1", 1)), "never assigned")
	p.assign(t, s, "m1", "s1")
	require.Equal(t, []store.Outcome{added("s1")}, add(t, s, p.batch("m1", 2)))
	p.clock.pass(time.Second)
	p.assign(t, s, "m1", store.Unassigned)
	require.Equal(t, []store.Outcome{added(store.Unassigned)}, add(t, s, p.batch("m1", 3)), "no more")
	require.Equal(t, []uint64{1, 3}, tail(t, s, store.Unassigned))
	require.Equal(t, []uint64{2}, tail(t, s, "s1"))

	claimable, err := s.Claimable(t.Context())
	require.NoError(t, err)
	require.Contains(t, claimable, store.Unassigned, "somebody must raise the alarm")
	_, err = s.Acquire(t.Context(), store.Unassigned)
	require.NoError(t, err)
}

func lateBatch(t *testing.T, p *place) {
	s := p.open(t)
	p.assign(t, s, "m1", "s1")
	ofFirst := p.batch("m1", 1)
	ofFirst.Backfill = true
	p.clock.pass(time.Minute)
	p.assign(t, s, "m1", "s2")
	live := p.batch("m1", 2)
	live.Samples[0].At = ofFirst.Samples[0].At // a monitor whose clock is slow
	require.Equal(t, []store.Outcome{added("s1"), added("s2")}, add(t, s, ofFirst, live))
	found, err := s.Tail(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.True(t, found[0].Batch.Backfill)
	require.Equal(t, p.clock.now(), found[0].At)
}

func ranged(t *testing.T, p *place) {
	s := p.open(t)
	p.assign(t, s, "m1", "s1")
	p.assign(t, s, "m2", "s2")
	for n := range uint64(10) {
		add(t, s, p.batch("m1", n+1), p.batch("m2", n+1))
		p.clock.pass(time.Second)
	}
	found, err := s.Range(t.Context(), "s1", start.Add(3*time.Second), start.Add(6*time.Second))
	require.NoError(t, err)
	require.Len(t, found, 3, "without the end")
	require.Equal(t, uint64(4), found[0].Batch.Sequence)
	require.Equal(t, uint64(6), found[2].Batch.Sequence)
}

// tailed follows a session while two processes add to it: had the database alone
// numbered the rows, a lower number could become visible after a higher one.
func tailed(t *testing.T, p *place) {
	stores := []*store.Store{p.open(t), p.open(t)}
	p.assign(t, stores[0], "m1", "s1")
	const callers, each = 6, 12
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for n := range each {
				if _, err := stores[caller%2].Append(context.Background(), store.Received{Batch: p.batch("m1", uint64(caller*each+n+1))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	reader := p.open(t)
	var position int64
	seen := 0
	for last := false; ; {
		found, err := reader.Tail(t.Context(), "s1", position, 1000)
		require.NoError(t, err)
		if seen += len(found); len(found) > 0 {
			position = found[len(found)-1].Position
		}
		if last {
			break
		}
		select {
		case <-done:
			last = true
		default:
		}
	}
	require.Equal(t, callers*each, seen)
}

func assignments(t *testing.T, p *place) {
	s := p.open(t)
	first := store.Assignment{Device: "m1", Session: "s1", Since: p.clock.now()}
	for range 2 {
		require.NoError(t, s.Assign(t.Context(), first))
	}
	p.clock.pass(time.Minute)
	second := store.Assignment{Device: "m2", Session: "s1", Since: p.clock.now()}
	require.NoError(t, s.Assign(t.Context(), second))

	got, err := s.DeviceOf(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, second, got)
	got, err = s.Assigned(t.Context(), "m1", second.Since.Add(-time.Second))
	require.NoError(t, err)
	require.Equal(t, first, got, "as it was")
	got, err = s.Assigned(t.Context(), "m1", second.Since)
	require.NoError(t, err)
	require.Equal(t, store.Unassigned, got.Session)
	got, err = s.Assigned(t.Context(), "unheard-of", second.Since)
	require.NoError(t, err)
	require.Equal(t, store.Assignment{Device: "unheard-of"}, got)

	p.assign(t, s, "m3", "s3")
	lasting, err := s.Sessions(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Assignment{second, p.assignment("m3", "s3")}, lasting)

	p.clock.pass(time.Minute)
	for range 2 {
		require.NoError(t, s.End(t.Context(), "s1", p.clock.now()))
	}
	_, err = s.DeviceOf(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, []store.Outcome{added(store.Unassigned)}, add(t, s, p.batch("m2", 1)))
	err = s.Assign(t.Context(), store.Assignment{Device: "m2", Session: "s1", Since: p.clock.now()})
	require.ErrorIs(t, err, store.ErrEnded)
	require.ErrorContains(t, err, "start another session")
}

func sessionSettings(t *testing.T, p *place) {
	s := p.open(t)
	_, err := s.Session(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrNotFound)
	first := p.assignment("m1", "s1")
	require.NoError(t, s.Assign(t.Context(), first))
	p.clock.pass(time.Minute)
	second := p.assignment("m2", "s1")
	second.Settings = store.Settings{Room: "7"}
	for _, next := range []store.Assignment{second, first, second, first} {
		require.NoError(t, s.Assign(t.Context(), next))
	}
	got, err := s.DeviceOf(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, second, got, "the first one, said once more, is not the last one")

	third := second
	third.Settings.QTcBaseline = 400
	require.NoError(t, s.Assign(t.Context(), third))
	lasting, err := s.Sessions(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Assignment{third}, lasting, "the same device with other settings")

	without := func() []store.Assignment {
		found, err := s.WithoutDevice(t.Context())
		require.NoError(t, err)
		return found
	}
	require.Empty(t, without())
	p.clock.pass(time.Minute)
	require.NoError(t, s.Assign(t.Context(), store.Assignment{Device: "m2", Since: p.clock.now()}))
	silent := without()
	require.Len(t, silent, 1)
	require.Equal(t, "s1", silent[0].Session)
	require.Equal(t, third.Settings, silent[0].Settings)
	require.Empty(t, silent[0].Device)

	require.NoError(t, s.End(t.Context(), "s1", p.clock.now()))
	ended, err := s.Session(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, store.Session{Name: "s1", EndedAt: p.clock.now(), Settings: third.Settings}, ended, "its pages say its room")
	require.Empty(t, without())
}

func gaps(t *testing.T, p *place) {
	s := p.open(t)
	lease := p.own(t, s, "s1")
	gap := store.Gap{Device: "m1", Gap: reading.Gap{From: 3, To: 7}, FoundAt: p.clock.now()}
	for range 2 {
		_, err := s.Commit(t.Context(), lease, store.Progress{Gaps: []store.Gap{gap}})
		require.NoError(t, err)
	}
	add(t, s, p.batch("device-of-s1", 5))
	found, err := s.Gaps(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, []store.Gap{gap}, found, "what comes later does not fill it")
}
