package store_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/store"
)

func oneOwner(t *testing.T, p *place) {
	s, other := p.open(t), p.open(t)
	_, err := s.Acquire(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrOwned, "there is no such session")
	p.assign(t, s, "m1", "s1")
	first, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, store.Ownership{Lease: store.Lease{Session: "s1", Epoch: 1, Until: p.clock.now().Add(store.DefaultLease)}}, first)
	_, err = other.Acquire(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrOwned)

	p.clock.pass(2 * time.Second)
	renewed, err := s.Renew(t.Context(), first.Lease)
	require.NoError(t, err)
	require.Equal(t, p.clock.now().Add(store.DefaultLease), renewed.Until)
	p.clock.pass(2 * time.Second)
	_, err = other.Acquire(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrOwned, "the first lease would have ended")
	commit(t, s, renewed)
	p.clock.pass(2 * time.Second)
	_, err = other.Acquire(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrOwned, "a commit extends it as well")
	p.clock.pass(time.Second)
	second, err := other.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, int64(2), second.Epoch)

	require.NoError(t, other.Release(t.Context(), second.Lease))
	third, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err, "at once")
	require.Equal(t, int64(3), third.Epoch)
}

func staleOwner(t *testing.T, p *place) {
	s := p.open(t)
	stale := p.own(t, s, "s1")
	stale = commit(t, s, stale, transition(1))
	p.clock.pass(store.DefaultLease)
	commit(t, s, stale, transition(2)) // it has ended, but nobody took it
	p.clock.pass(store.DefaultLease)
	present, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err)

	_, err = s.Commit(t.Context(), stale, store.Progress{Position: 9, Checkpoint: []byte("stale"), Transitions: []store.Transition{transition(3)}})
	require.ErrorIs(t, err, store.ErrLeaseLost)
	require.ErrorContains(t, err, "stop watching it here")
	_, err = s.Renew(t.Context(), stale)
	require.ErrorIs(t, err, store.ErrLeaseLost)
	require.NoError(t, s.Release(t.Context(), stale), "which ends nobody else's")
	require.Equal(t, []uint64{1, 2}, undelivered(t, s, "s1"))
	_, err = s.Acquire(t.Context(), "s1")
	require.ErrorIs(t, err, store.ErrOwned)
	commit(t, s, present.Lease, transition(3))
}

// racingOwners lets several processes, each in a hurry, own one session in turns and
// number its transitions: no number is another's, and none is missing.
func racingOwners(t *testing.T, p *place) {
	stores := []*store.Store{p.open(t), p.open(t)}
	p.assign(t, stores[0], "m1", "s1")
	var lost, won atomic.Int64
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			s := stores[n%2]
			for won.Load() < 15 {
				got, err := s.Acquire(context.Background(), "s1")
				if err == nil {
					p.clock.pass(store.DefaultLease) // so that the next may take it over under its feet
					// What this epoch believes comes next; a later one knows better.
					_, err = s.Commit(context.Background(), got.Lease, store.Progress{
						Position: got.Position + 1, Transitions: []store.Transition{transition(uint64(got.Position) + 1)},
					})
					won.Add(1)
				}
				switch {
				case errors.Is(err, store.ErrLeaseLost):
					lost.Add(1)
				case errors.Is(err, store.ErrOwned):
					p.clock.pass(store.DefaultLease / 4)
				case err != nil:
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	p.clock.pass(store.DefaultLease)
	last, err := stores[0].Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, won.Load()-lost.Load(), last.Position, "each commit that held went one on")
	require.Equal(t, won.Load()+1, last.Epoch)
	require.Len(t, undelivered(t, stores[0], "s1"), int(last.Position))
}

func commits(t *testing.T, p *place) {
	s := p.open(t)
	lease := commit(t, s, p.own(t, s, "s1"), transition(1))
	progress := store.Progress{Position: 7, Checkpoint: []byte("seven"), Transitions: []store.Transition{transition(2), transition(3)}}
	for range 2 {
		var err error
		lease, err = s.Commit(t.Context(), lease, progress)
		require.NoError(t, err)
	}
	require.Equal(t, []uint64{1, 2, 3}, undelivered(t, s, "s1"))

	other := transition(3)
	other.Payload = []byte("something else")
	_, err := s.Commit(t.Context(), lease, store.Progress{Position: 8, Checkpoint: []byte("eight"), Transitions: []store.Transition{transition(4), other}})
	require.ErrorIs(t, err, store.ErrConflict)
	require.NotErrorIs(t, err, store.ErrUnavailable)
	require.NotContains(t, err.Error(), "something")
	require.Equal(t, []uint64{1, 2, 3}, undelivered(t, s, "s1"), "nothing of it")
	require.NoError(t, s.Release(t.Context(), lease))
	got, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, int64(7), got.Position)
	require.Equal(t, "seven", string(got.Checkpoint))
}

func goesOn(t *testing.T, p *place) {
	s := p.open(t)
	lease := p.own(t, s, "s1")
	_, err := s.Commit(t.Context(), lease, store.Progress{Position: 3, Checkpoint: []byte("three"), Transitions: []store.Transition{transition(1)}})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	next := p.open(t)
	p.clock.pass(store.DefaultLease)
	got, err := next.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, int64(3), got.Position)
	require.Equal(t, "three", string(got.Checkpoint))
	known, err := next.Transitions(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Entry{{Session: "s1", Transition: transition(1), CreatedAt: start}}, known)
	known, err = next.Transitions(t.Context(), "s1", 1, 10)
	require.NoError(t, err)
	require.Empty(t, known)
}

func claimable(t *testing.T, p *place) {
	s := p.open(t)
	list := func() []string {
		found, err := s.Claimable(t.Context())
		require.NoError(t, err)
		return found
	}
	require.Empty(t, list())
	p.assign(t, s, "m1", "s1")
	require.Equal(t, []string{"s1"}, list())
	got, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Empty(t, list())
	commit(t, s, got.Lease, transition(1))
	p.clock.pass(store.DefaultLease)
	require.Equal(t, []string{"s1"}, list(), "its owner has said nothing for too long")
	require.NoError(t, s.End(t.Context(), "s1", p.clock.now()))
	require.Equal(t, []string{"s1"}, list(), "somebody must deliver the rest")
	require.NoError(t, s.Delivered(t.Context(), "s1", 1))
	require.Empty(t, list())
}

func delivery(t *testing.T, p *place) {
	s := p.open(t)
	lease := p.own(t, s, "s1")
	p.own(t, s, "s2")
	commit(t, s, lease, transition(1), transition(2), transition(3))
	require.Equal(t, []uint64{1, 2, 3}, undelivered(t, s, "s1"))
	require.Empty(t, undelivered(t, s, "s2"))
	p.clock.pass(time.Second)
	require.NoError(t, s.Delivered(t.Context(), "s1", 2))
	p.clock.pass(time.Second)
	require.NoError(t, s.Delivered(t.Context(), "s1", 2))
	require.Equal(t, []uint64{1, 3}, undelivered(t, s, "s1"))
	all, err := s.Transitions(t.Context(), "s1", 1, 1)
	require.NoError(t, err)
	require.Equal(t, []store.Entry{{Session: "s1", Transition: transition(2), CreatedAt: start, DeliveredAt: start.Add(time.Second)}}, all)
}

func handOver(t *testing.T, p *place) {
	s := p.open(t)
	commit(t, s, p.own(t, s, "s1"), transition(1))
	var firsts atomic.Int64
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			first, err := s.HandedOver(context.Background(), "s1", 1, p.clock.now(), n%2 == 0)
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	group.Wait()
	require.Equal(t, int64(1), firsts.Load())
	entry := func() store.Entry {
		all, err := s.Transitions(t.Context(), "s1", 0, 1)
		require.NoError(t, err)
		return all[0]
	}
	want := entry()
	require.Equal(t, start, want.HandedAt)
	p.clock.pass(time.Minute)
	for _, fallback := range []bool{true, false} {
		first, err := s.HandedOver(t.Context(), "s1", 1, p.clock.now(), fallback)
		require.NoError(t, err)
		require.False(t, first)
		_, err = s.HandedOver(t.Context(), "s1", 2, p.clock.now(), fallback)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	want.WorkflowPagedAt = p.clock.now()
	require.Equal(t, want, entry(), "all the rest stays")
}

func overdue(t *testing.T, p *place) {
	s := p.open(t)
	silent := transition(2)
	silent.PageKey = ""
	lease := commit(t, s, p.own(t, s, "s1"), transition(1), silent)
	p.clock.pass(time.Second)
	commit(t, s, lease, transition(3))
	commit(t, s, p.own(t, s, "s2"), transition(1))
	list := func() []uint64 {
		found, err := s.Overdue(t.Context(), 3*time.Second, 100)
		require.NoError(t, err)
		return numbers(found)
	}
	p.clock.pass(1999 * time.Millisecond)
	require.Empty(t, list())
	p.clock.pass(time.Millisecond)
	require.Equal(t, []uint64{1}, list())
	p.clock.pass(time.Second)
	require.Equal(t, []uint64{1, 3, 1}, list(), "of all sessions")
	require.NoError(t, s.Delivered(t.Context(), "s1", 1))
	require.Equal(t, []uint64{1, 3, 1}, list(), "confirmed means paged, not delivered")
	_, err := s.HandedOver(t.Context(), "s1", 1, p.clock.now(), true)
	require.NoError(t, err)
	require.Equal(t, []uint64{3, 1}, list())
	require.NoError(t, s.Recall(t.Context(), "s1", 3))
	require.NoError(t, s.Recall(t.Context(), "s1", 1))
	require.Equal(t, []uint64{1}, list(), "of the other session: nobody is to be paged for what was recalled")
	all, err := s.Transitions(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.True(t, all[0].RecalledAt.IsZero(), "somebody was paged")
	require.Equal(t, p.clock.now(), all[2].RecalledAt)
}

func unsettled(t *testing.T, p *place) {
	s := p.open(t)
	commit(t, s, p.own(t, s, "s1"), transition(1), transition(2))
	commit(t, s, p.own(t, s, "s2"), transition(1))
	list := func() []uint64 {
		found, err := s.Unsettled(t.Context(), time.Minute, time.Hour, 100)
		require.NoError(t, err)
		return numbers(found)
	}
	p.hand(t, s, "s1", 1, true)
	p.clock.pass(time.Second)
	p.hand(t, s, "s2", 1, true)
	p.clock.pass(59*time.Second - time.Millisecond)
	require.Empty(t, list())
	p.clock.pass(time.Millisecond)
	require.Equal(t, []uint64{1}, list())
	require.NoError(t, s.Delivered(t.Context(), "s1", 1))
	p.clock.pass(time.Second)
	require.Equal(t, []uint64{1, 1}, list(), "of all sessions: that Temporal has it pages nobody")

	require.NoError(t, s.PagedAgain(t.Context(), "s1", 1))
	require.NoError(t, s.PagedAgain(t.Context(), "s1", 2), "which changes nothing: nobody was paged for it")
	require.Len(t, list(), 1)
	p.clock.pass(time.Minute)
	found, err := s.Unsettled(t.Context(), time.Minute, time.Hour, 1)
	require.NoError(t, err)
	require.Equal(t, "s2", found[0].Session, "who waits longest")
	p.hand(t, s, "s1", 1, true)
	require.Len(t, list(), 2, "a second page past the workflow settles nothing")
	settledAt := p.clock.now()
	for _, session := range []string{"s1", "s2"} {
		require.NoError(t, s.Settle(t.Context(), session, 1))
	}
	require.NoError(t, s.Settle(t.Context(), "s1", 2))
	require.Empty(t, list())
	p.clock.pass(time.Minute)
	require.NoError(t, s.Settle(t.Context(), "s1", 1))
	all, err := s.Transitions(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.Equal(t, store.Entry{
		Session: "s1", Transition: transition(1), CreatedAt: start, DeliveredAt: start.Add(time.Minute), HandedAt: start, Fallback: true,
		PagedAgainAt: start.Add(time.Minute + time.Second), SettledAt: settledAt,
	}, all[0])
	require.Zero(t, all[1].PagedAgainAt)
	require.Zero(t, all[1].SettledAt)
}

// hand says that a page was taken.
func (p *place) hand(t *testing.T, s *store.Store, session string, number uint64, fallback bool) {
	t.Helper()
	_, err := s.HandedOver(t.Context(), session, number, p.clock.now(), fallback)
	require.NoError(t, err)
}

// silent: a workflow is heard from whenever it pages, whoever paged first.
func silent(t *testing.T, p *place) {
	s := p.open(t)
	commit(t, s, p.own(t, s, "s1"), transition(1), transition(2))
	list := func() []uint64 {
		found, err := s.Unsettled(t.Context(), time.Minute, time.Hour, 100)
		require.NoError(t, err)
		return numbers(found)
	}
	p.hand(t, s, "s1", 1, false)
	p.hand(t, s, "s1", 2, true)
	p.clock.pass(59 * time.Minute)
	require.Equal(t, []uint64{2}, list())
	p.hand(t, s, "s1", 2, false)
	require.Empty(t, list())
	p.clock.pass(time.Minute)
	require.Equal(t, []uint64{1}, list(), "silent for an hour")
	require.NoError(t, s.PagedAgain(t.Context(), "s1", 1))
	require.Empty(t, list())
	p.clock.pass(time.Minute)
	require.Equal(t, []uint64{1}, list(), "and then as often as any other")
	p.hand(t, s, "s1", 1, false)
	p.clock.pass(58 * time.Minute)
	require.Equal(t, []uint64{2}, list())
	all, err := s.Transitions(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.Equal(t, store.Entry{
		Session: "s1", Transition: transition(1), CreatedAt: start, HandedAt: start,
		WorkflowPagedAt: start.Add(61 * time.Minute), PagedAgainAt: start.Add(time.Hour),
	}, all[0])
	require.True(t, all[1].Fallback, "who paged first stays on record")
}

// settledBefore: who comes from a version that paged once is not woken for old alarms.
func settledBefore(t *testing.T, p *place) {
	s := p.open(t)
	commit(t, s, p.own(t, s, "s1"), transition(1), transition(2), transition(3))
	for _, number := range []uint64{1, 2} {
		p.hand(t, s, "s1", number, true)
	}
	require.NoError(t, s.Delivered(t.Context(), "s1", 1))
	require.NoError(t, s.Delivered(t.Context(), "s1", 3))
	require.NoError(t, s.Close())
	p.downTo(t, 2)
	s = p.open(t)
	found, err := s.Unsettled(t.Context(), 0, 0, 10)
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, numbers(found), "an outage may go on over the change of version")
}

// silentBefore: nor is it for those that a workflow has paged for. Whether it still
// does in a session that lasts is seen from now on.
func silentBefore(t *testing.T, p *place) {
	s := p.open(t)
	for _, session := range []string{"lasts", "ended"} {
		commit(t, s, p.own(t, s, session), transition(1), transition(2))
		p.hand(t, s, session, 1, false)
	}
	p.hand(t, s, "lasts", 2, true)
	require.NoError(t, s.End(t.Context(), "ended", p.clock.now()))
	require.NoError(t, s.Close())
	p.downTo(t, 3)
	before := time.Now()
	s = p.open(t)
	found, err := s.Unsettled(t.Context(), 0, time.Hour, 10)
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, numbers(found), "no workflow was heard from")
	lasts, err := s.Transitions(t.Context(), "lasts", 0, 1)
	require.NoError(t, err)
	require.WithinRange(t, lasts[0].WorkflowPagedAt, before.Add(-time.Second), time.Now().Add(time.Second), "by the database's clock")
	ended, err := s.Transitions(t.Context(), "ended", 0, 1)
	require.NoError(t, err)
	require.False(t, ended[0].SettledAt.IsZero())
}

// givenUp: a caller whose context ends goes its way, and what the writer still does for
// it is no business of its own. The race detector sees it if it is.
func givenUp(t *testing.T, p *place) {
	s := p.open(t)
	lease := commit(t, s, p.own(t, s, "s1"), transition(1))
	for n := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		calls := []func(){
			func() { _, _ = s.Renew(ctx, lease) },
			func() { _, _ = s.Commit(ctx, lease, store.Progress{}) },
			func() { _, _ = s.HandedOver(ctx, "s1", 1, p.clock.now(), false) },
			func() { _, _ = s.Acquire(ctx, "s1") },
			func() { _ = s.Assign(ctx, p.assignment("device-of-s1", "s1")) },
			func() { _, _ = s.Append(ctx, store.Received{Batch: p.batch("device-of-s1", uint64(n+1))}) },
			func() { _, _ = s.JoinECG(ctx, p.clock.now()) },
		}
		var calling sync.WaitGroup
		calling.Go(calls[n%len(calls)])
		runtime.Gosched()
		cancel()
		calling.Wait()
	}
}
