package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/inbox"
)

// model is the inbox in plain words: a list of events and a queue for each
// workflow. Names stand for keys.
type model struct {
	events []*modelEvent // in the order of arrival
	queues map[string]*modelQueue
	seen   map[string]time.Time
}

type modelEvent struct {
	name, workflow string
	at             time.Time
	dead           bool
	attempts       int
}

type modelQueue struct {
	next   time.Time
	holder int // number of the lease; 0 if it is free
}

// modelLease is a lease that was given out, ended or not.
type modelLease struct {
	inbox.Lease
	event  *modelEvent
	number int
}

func (m *model) find(name string) *modelEvent {
	for _, event := range m.events {
		if event.name == name {
			return event
		}
	}
	return nil
}

// head is the earliest waiting event of a workflow.
func (m *model) head(workflow string) (head *modelEvent) {
	for _, event := range m.events {
		if event.workflow == workflow && !event.dead && (head == nil || event.at.Before(head.at)) {
			head = event
		}
	}
	return head
}

func (m *model) known(name string, now time.Time) bool {
	return m.find(name) != nil || m.seen[name].After(now)
}

func (m *model) wait(workflow string, now time.Time) {
	if m.queues[workflow] == nil {
		m.queues[workflow] = &modelQueue{next: now}
	}
}

// due is what Due must return.
func (m *model) due(now time.Time, limit int) (names []string) {
	var ids []string
	for id, queue := range m.queues {
		if !queue.next.After(now) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		if order := m.queues[a].next.Compare(m.queues[b].next); order != 0 {
			return order
		}
		return slices.Index([]string{a, b}, min(a, b))*2 - 1
	})
	for _, id := range ids[:min(limit, len(ids))] {
		names = append(names, m.head(id).name)
	}
	return names
}

// leave is what happens to a queue when an event of it is gone.
func (m *model) leave(workflow string, number int, now time.Time) {
	queue := m.queues[workflow]
	switch {
	case queue == nil:
	case m.head(workflow) == nil:
		delete(m.queues, workflow)
	case queue.holder == number:
		queue.next, queue.holder = now, 0
	}
}

// machine holds the inbox against the model.
type machine struct {
	*model
	place  *place
	store  inbox.Store
	leases []modelLease
	count  int
	open   func() inbox.Store
}

func (m *machine) now() time.Time { return m.place.clock.now() }

func (m *machine) add(t *rapid.T) {
	var events []inbox.Event
	var want []bool
	for range rapid.IntRange(1, 3).Draw(t, "events") {
		name := fmt.Sprint(rapid.IntRange(0, 14).Draw(t, "event"))
		workflow := fmt.Sprint("pay/", len(name)+int(name[len(name)-1])%3)
		event := m.place.event(name, workflow)
		event.EventTime = m.now().Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * time.Second)
		fresh := !m.known(name, m.now())
		if fresh {
			m.events = append(m.events, &modelEvent{name: name, workflow: workflow, at: event.EventTime})
			m.wait(workflow, m.now())
		}
		events, want = append(events, event), append(want, fresh)
	}
	added, err := m.store.Add(context.Background(), events)
	require.NoError(t, err)
	require.Equal(t, want, added)
}

func (m *machine) due(t *rapid.T) {
	limit := rapid.IntRange(1, 4).Draw(t, "limit")
	want := m.model.due(m.now(), limit)
	leases, err := m.store.Due(context.Background(), m.now(), limit)
	require.NoError(t, err)
	require.Len(t, leases, len(want))
	m.count++
	for i, lease := range leases {
		event := m.find(want[i])
		event.attempts++
		require.Equal(t, key(event.name), lease.Key, "want %s, got %s", event.name, lease.Payload)
		require.Equal(t, event.attempts, lease.Attempts)
		*m.queues[event.workflow] = modelQueue{next: m.now().Add(inbox.DefaultLease), holder: m.count}
		m.leases = append(m.leases, modelLease{lease, event, m.count})
	}
}

// lease draws one that was given out at some time. It holds if its queue is
// its own and nobody has finished its event.
func (m *machine) lease(t *rapid.T) (lease modelLease, mine, holds bool) {
	if len(m.leases) == 0 {
		t.Skip("no lease was given out")
	}
	lease = rapid.SampledFrom(m.leases).Draw(t, "lease")
	queue := m.queues[lease.WorkflowID]
	mine = queue != nil && queue.holder == lease.number
	return lease, mine, mine && slices.Contains(m.events, lease.event)
}

func (m *machine) done(t *rapid.T) {
	lease, _, _ := m.lease(t)
	until := m.now().Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "seconds")) * time.Second)
	require.NoError(t, m.store.Done(context.Background(), lease.Lease, until))
	m.events = slices.DeleteFunc(m.events, func(e *modelEvent) bool { return e.name == lease.event.name })
	m.seen[lease.event.name] = until
	m.leave(lease.WorkflowID, lease.number, m.now())
}

func (m *machine) put(t *rapid.T) {
	lease, mine, holds := m.lease(t)
	until := m.now().Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
	err := m.store.Defer(context.Background(), lease.Lease, until, "unavailable")
	require.Equal(t, !holds, errors.Is(err, inbox.ErrLeaseLost), "%v", err)
	if holds {
		require.NoError(t, err)
		*m.queues[lease.WorkflowID] = modelQueue{next: until}
	} else if mine {
		m.leave(lease.WorkflowID, lease.number, m.now())
	}
}

func (m *machine) bury(t *rapid.T) {
	lease, mine, holds := m.lease(t)
	err := m.store.Bury(context.Background(), lease.Lease, "too_large")
	require.Equal(t, !holds, errors.Is(err, inbox.ErrLeaseLost), "%v", err)
	if holds {
		require.NoError(t, err)
		lease.event.dead = true
	}
	if mine {
		m.leave(lease.WorkflowID, lease.number, m.now())
	}
}

func (m *machine) revive(t *rapid.T) {
	name := fmt.Sprint(rapid.IntRange(0, 14).Draw(t, "event"))
	event := m.find(name)
	err := m.store.Revive(context.Background(), key(name), "")
	if event == nil || !event.dead {
		require.ErrorIs(t, err, inbox.ErrNotFound)
		return
	}
	require.NoError(t, err)
	event.dead, event.attempts = false, 0
	m.wait(event.workflow, m.now())
}

func (m *machine) pass(t *rapid.T) {
	m.place.clock.pass(time.Duration(rapid.IntRange(1, 70).Draw(t, "seconds")) * time.Second)
}

func (m *machine) restart(t *rapid.T) {
	require.NoError(t, m.store.Close())
	m.store = m.open()
}

func (m *machine) purge(t *rapid.T) {
	_, err := m.store.Purge(context.Background(), m.now().Add(time.Second)) // all dead letters
	require.NoError(t, err)
	for _, event := range m.events {
		if event.dead {
			m.seen[event.name] = m.now().Add(30 * day)
		}
	}
	m.events = slices.DeleteFunc(m.events, func(e *modelEvent) bool { return e.dead })
}

// check compares all that can be seen.
func (m *machine) check(t *rapid.T) {
	var keys []inbox.Key
	for n := range 15 {
		keys = append(keys, key(fmt.Sprint(n)))
	}
	found, err := m.store.Known(context.Background(), keys)
	require.NoError(t, err)
	for n := range 15 {
		name := fmt.Sprint(n)
		require.Equal(t, m.known(name, m.now()), found[key(name)], "known %s", name)
	}
	for n := range 6 {
		workflow := fmt.Sprint("pay/", n)
		is, err := m.store.Pending(context.Background(), workflow)
		require.NoError(t, err)
		require.Equal(t, m.head(workflow) != nil, is, "pending %s", workflow)
	}
	entries, err := m.store.List(context.Background(), inbox.Filter{})
	require.NoError(t, err)
	require.Len(t, entries, len(m.events))
	for i, entry := range entries {
		require.Equal(t, key(m.events[i].name), entry.Key)
		require.Equal(t, m.events[i].dead, entry.State == inbox.Dead)
	}
}

func TestModel(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { holdAgainstModel(t, file(t)) })
	t.Run("postgres", func(t *testing.T) { holdAgainstModel(t, server(t, postgresql(t, "fsync=off"))) })
}

// holdAgainstModel uses one database for all its runs, emptied before each:
// making one takes longer than a run.
func holdAgainstModel(t *testing.T, p *place) {
	require.NoError(t, p.open(t).Close())
	raw := p.raw(t)
	rapid.Check(t, func(rt *rapid.T) {
		for _, table := range []string{"inbox_event", "inbox_seen", "inbox_queue"} {
			_, err := raw.Exec("DELETE FROM " + table)
			require.NoError(rt, err)
		}
		m := &machine{place: p, model: &model{queues: map[string]*modelQueue{}, seen: map[string]time.Time{}}}
		m.open = func() inbox.Store {
			store, err := inbox.Open(context.Background(), p.config(t))
			require.NoError(rt, err)
			return store
		}
		m.store = m.open()
		defer func() { require.NoError(rt, m.store.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"add": m.add, "add again": m.add, "due": m.due, "due again": m.due, "done": m.done, "defer": m.put,
			"bury": m.bury, "revive": m.revive, "pass": m.pass, "restart": m.restart, "purge": m.purge, "": m.check,
		})
	})
}
