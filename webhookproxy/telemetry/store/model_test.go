package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/store"
)

// machine holds one session's lease and outbox against themselves in plain words.
type machine struct {
	place *place
	store *store.Store
	open  func() *store.Store

	epoch      int64 // of the last owner
	until      time.Time
	position   int64
	checkpoint string
	outbox     []store.Entry
	last       uint64        // number given out
	leases     []store.Lease // all there ever were
}

func (m *machine) now() time.Time { return m.place.clock.now() }

func (m *machine) acquire(t *rapid.T) {
	got, err := m.store.Acquire(context.Background(), "s1")
	if m.until.After(m.now()) {
		require.ErrorIs(t, err, store.ErrOwned)
		return
	}
	require.NoError(t, err)
	m.epoch, m.until = m.epoch+1, m.now().Add(store.DefaultLease)
	require.Equal(t, store.Lease{Session: "s1", Epoch: m.epoch, Until: m.until}, got.Lease)
	require.Equal(t, m.position, got.Position)
	require.Equal(t, m.checkpoint, string(got.Checkpoint))
	m.leases = append(m.leases, got.Lease)
}

// lease draws one of the present owner or of one before.
func (m *machine) lease(t *rapid.T) (lease store.Lease, present bool) {
	if len(m.leases) == 0 {
		t.Skip("nobody was the owner")
	}
	lease = rapid.SampledFrom(m.leases).Draw(t, "lease")
	if rapid.Bool().Draw(t, "the last one") {
		lease = m.leases[len(m.leases)-1]
	}
	return lease, lease.Epoch == m.epoch
}

func (m *machine) commit(t *rapid.T) {
	lease, present := m.lease(t)
	progress := store.Progress{Position: m.position + 1, Checkpoint: []byte(rapid.StringMatching("[a-z]{1,5}").Draw(t, "checkpoint"))}
	for n := range rapid.IntRange(0, 2).Draw(t, "transitions") {
		one := transition(m.last + uint64(n) + 1)
		if !rapid.Bool().Draw(t, "paged") {
			one.PageKey = ""
		}
		progress.Transitions = append(progress.Transitions, one)
	}
	_, err := m.store.Commit(context.Background(), lease, progress)
	require.Equal(t, !present, errors.Is(err, store.ErrLeaseLost), "%v", err)
	if !present {
		return
	}
	require.NoError(t, err)
	m.until, m.position, m.checkpoint = m.now().Add(store.DefaultLease), progress.Position, string(progress.Checkpoint)
	for _, one := range progress.Transitions {
		m.outbox = append(m.outbox, store.Entry{Session: "s1", Transition: one, CreatedAt: m.now()})
		m.last = one.Number
	}
}

func (m *machine) renew(t *rapid.T) {
	lease, present := m.lease(t)
	_, err := m.store.Renew(context.Background(), lease)
	require.Equal(t, !present, errors.Is(err, store.ErrLeaseLost), "%v", err)
	if present {
		m.until = m.now().Add(store.DefaultLease)
	}
}

func (m *machine) release(t *rapid.T) {
	lease, present := m.lease(t)
	require.NoError(t, m.store.Release(context.Background(), lease))
	if present {
		m.until = time.Time{}
	}
}

// entry draws a number that was given out, or the next one.
func (m *machine) entry(t *rapid.T) (number uint64, entry *store.Entry) {
	number = rapid.Uint64Range(1, m.last+1).Draw(t, "number")
	if at := slices.IndexFunc(m.outbox, func(one store.Entry) bool { return one.Number == number }); at >= 0 {
		entry = &m.outbox[at]
	}
	return number, entry
}

func (m *machine) deliver(t *rapid.T) {
	number, entry := m.entry(t)
	require.NoError(t, m.store.Delivered(context.Background(), "s1", number))
	if entry != nil && entry.DeliveredAt.IsZero() {
		entry.DeliveredAt = m.now()
	}
}

func (m *machine) handOver(t *rapid.T) {
	number, entry := m.entry(t)
	fallback := rapid.Bool().Draw(t, "fallback")
	first, err := m.store.HandedOver(context.Background(), "s1", number, m.now(), fallback)
	if entry == nil {
		require.ErrorIs(t, err, store.ErrNotFound)
		return
	}
	require.NoError(t, err)
	require.Equal(t, entry.HandedAt.IsZero(), first)
	if first {
		entry.HandedAt, entry.Fallback = m.now(), fallback
	}
	if !fallback {
		entry.WorkflowPagedAt = m.now()
	}
}

func (m *machine) settle(t *rapid.T) {
	number, entry := m.entry(t)
	require.NoError(t, m.store.Settle(context.Background(), "s1", number))
	if entry != nil && !entry.HandedAt.IsZero() && entry.SettledAt.IsZero() {
		entry.SettledAt = m.now()
	}
}

func (m *machine) pageAgain(t *rapid.T) {
	number, entry := m.entry(t)
	require.NoError(t, m.store.PagedAgain(context.Background(), "s1", number))
	if entry != nil && !entry.HandedAt.IsZero() {
		entry.PagedAgainAt = m.now()
	}
}

func (m *machine) pass(t *rapid.T) {
	m.place.clock.pass(time.Duration(rapid.IntRange(1, 4).Draw(t, "seconds")) * time.Second)
}

func (m *machine) restart(t *rapid.T) {
	require.NoError(t, m.store.Close())
	m.store = m.open()
}

func (m *machine) purge(t *rapid.T) {
	const keep = 5 * time.Second
	_, err := m.store.Purge(context.Background(), store.Retention{Transitions: keep})
	require.NoError(t, err)
	m.outbox = slices.DeleteFunc(m.outbox, func(one store.Entry) bool {
		return m.now().Sub(one.CreatedAt) > keep && !one.DeliveredAt.IsZero() && (one.PageKey == "" || !one.HandedAt.IsZero())
	})
}

// check compares all that can be seen.
func (m *machine) check(t *rapid.T) {
	all, err := m.store.Transitions(context.Background(), "s1", 0, 1000)
	require.NoError(t, err)
	require.Equal(t, m.those(func(store.Entry) bool { return true }), all)
	waiting, err := m.store.Undelivered(context.Background(), "s1", 1000)
	require.NoError(t, err)
	require.Equal(t, m.those(func(one store.Entry) bool { return one.DeliveredAt.IsZero() }), waiting)
	late, err := m.store.Overdue(context.Background(), 3*time.Second, 1000)
	require.NoError(t, err)
	require.Equal(t, m.those(func(one store.Entry) bool {
		return one.PageKey != "" && one.HandedAt.IsZero() && m.now().Sub(one.CreatedAt) >= 3*time.Second
	}), late)
	unsettled, err := m.store.Unsettled(context.Background(), 3*time.Second, 7*time.Second, 1000)
	require.NoError(t, err)
	require.ElementsMatch(t, m.those(func(one store.Entry) bool {
		last := one.HandedAt
		if !one.PagedAgainAt.IsZero() {
			last = one.PagedAgainAt
		}
		return !one.HandedAt.IsZero() && one.SettledAt.IsZero() && m.now().Sub(last) >= 3*time.Second &&
			(one.WorkflowPagedAt.IsZero() || m.now().Sub(one.WorkflowPagedAt) >= 7*time.Second)
	}), unsettled)
	claimable, err := m.store.Claimable(context.Background())
	require.NoError(t, err)
	require.Equal(t, !m.until.After(m.now()), slices.Contains(claimable, "s1"))
}

func (m *machine) those(fit func(store.Entry) bool) (some []store.Entry) {
	for _, one := range m.outbox {
		if fit(one) {
			some = append(some, one)
		}
	}
	return some
}

// holdAgainstModel uses one database for all its runs, emptied before each: making
// one takes longer than a run.
func holdAgainstModel(t *testing.T, p *place) {
	config, err := p.config()
	require.NoError(t, err)
	p.assign(t, p.open(t), "m1", "s1")
	raw := p.raw(t)
	rapid.Check(t, func(rt *rapid.T) {
		for _, table := range []string{"telemetry_owner", "telemetry_outbox"} {
			_, err := raw.Exec("DELETE FROM " + table)
			require.NoError(rt, err)
		}
		m := &machine{place: p}
		m.open = func() *store.Store {
			s, err := store.Open(context.Background(), config)
			require.NoError(rt, err)
			return s
		}
		m.store = m.open()
		defer func() { require.NoError(rt, m.store.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"acquire": m.acquire, "acquire again": m.acquire, "commit": m.commit, "commit again": m.commit, "renew": m.renew, "release": m.release,
			"deliver": m.deliver, "hand over": m.handOver, "page again": m.pageAgain, "settle": m.settle, "pass": m.pass, "restart": m.restart, "purge": m.purge, "": m.check,
		})
	})
}
