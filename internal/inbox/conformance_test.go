package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
)

// conformance is what every database must do.
var conformance = map[string]func(*testing.T, *place){
	"an event comes back as it was added":                        comesBack,
	"a known key is not added again":                             knownKey,
	"one of many that add the same key adds it":                  oneAdds,
	"events of a workflow leave by event time, one at a time":    queueOrder,
	"a batch of the same instant leaves as it came":              batchOrder,
	"the longest due goes first, and no more than the limit":     longestDue,
	"a deferred head holds its queue and no other":               deferredHead,
	"a dead letter lets the next one go":                         deadLetter,
	"a lease ends by time, and then its holder has lost it":      leaseEnds,
	"done holds after the lease was lost":                        doneLate,
	"a late word about a finished event is not taken":            lateWord,
	"a revived letter waits again with a request ID of its own":  revived,
	"a dead letter may come in as one":                           addedDead,
	"pending survives a restart":                                 pendingRestart,
	"pending knows what another proxy finished":                  pendingElsewhere,
	"seen keys expire, and the later expiry wins":                seenKeys,
	"purge takes dead letters and expired keys only":             purge,
	"a key of a purged dead letter stays known":                  purgedKey,
	"list filters and pages":                                     list,
	"stats count by provider, age and reason":                    stats,
	"a key that is missing from the ring is told, the row stays": missingKey,
	"a payload is bound to its row":                              boundPayload,
	"bad events are refused by name, before anything is stored":  refused,
	"proxies that share it never hold one workflow twice":        sharedByProxies,
	"several open a new one at once":                             openedAtOnce,
	"nothing works after close":                                  closed,
	"check writes":                                               check,
	"a caller that gave up is told so":                           gaveUp,
}

func TestConformance(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		for name, test := range conformance {
			t.Run(name, func(t *testing.T) { test(t, file(t)) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		c := postgresql(t, "fsync=off")
		for name, test := range conformance {
			t.Run(name, func(t *testing.T) { test(t, server(t, c)) })
		}
	})
}

func comesBack(t *testing.T, p *place) {
	store := p.open(t)
	event := p.event("a", "pay/1")
	event.EventTime = p.clock.now().Add(-time.Hour)
	require.Equal(t, []bool{true}, add(t, store, event))

	lease := p.one(t, store, "a")
	require.Equal(t, event, lease.Event)
	require.Equal(t, 1, lease.Attempts)
	require.Equal(t, p.clock.now().Add(inbox.DefaultLease), lease.Until)

	entry, err := store.Get(t.Context(), key("a"))
	require.NoError(t, err)
	require.Equal(t, event, entry.Event)
	require.True(t, entry.Leased)
	require.Equal(t, inbox.Waiting, entry.State)

	require.NoError(t, store.Done(t.Context(), lease, p.clock.now().Add(day)))
	_, err = store.Get(t.Context(), key("a"))
	require.ErrorIs(t, err, inbox.ErrNotFound)
	p.clock.pass(time.Hour)
	require.Empty(t, p.due(t, store, 10))
}

func knownKey(t *testing.T, p *place) {
	store := p.open(t)
	require.Equal(t, []bool{true, false, true}, add(t, store, p.event("a", "pay/1"), p.event("a", "pay/1"), p.event("b", "pay/2")))
	require.Equal(t, []bool{false}, add(t, store, p.event("a", "pay/1")))

	leases := p.due(t, store, 10)
	require.Len(t, leases, 2)
	for _, lease := range leases {
		require.NoError(t, store.Done(t.Context(), lease, p.clock.now().Add(day)))
	}
	require.Equal(t, []bool{false}, add(t, store, p.event("a", "pay/1")), "done, but seen")
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: key("c"), Until: p.clock.now().Add(day)}}))
	require.Equal(t, []bool{false}, add(t, store, p.event("c", "pay/1")), "never here, but seen")

	p.clock.pass(day + time.Second)
	require.Equal(t, []bool{true, true}, add(t, store, p.event("a", "pay/1"), p.event("c", "pay/1")), "expired, though not purged")
}

func oneAdds(t *testing.T, p *place) {
	stores := []inbox.Store{p.open(t), p.open(t)}
	const callers, keys = 8, 20
	added := make(chan string, 2*callers*keys)
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for n := range keys {
				name := fmt.Sprint("event ", (n+caller*7)%keys)
				fresh, err := stores[caller%2].Add(context.Background(), []inbox.Event{p.event(name, name)})
				if err != nil {
					t.Error(err)
				} else if fresh[0] {
					added <- name
				}
			}
		})
	}
	group.Wait()
	close(added)
	count := map[string]int{}
	for name := range added {
		count[name]++
	}
	require.Len(t, count, keys)
	for name, times := range count {
		require.Equal(t, 1, times, name)
	}
}

func queueOrder(t *testing.T, p *place) {
	store := p.open(t)
	late, early := p.event("late", "pay/1"), p.event("early", "pay/1")
	early.EventTime = late.EventTime.Add(-time.Second)
	add(t, store, late)
	held := p.one(t, store, "late")
	add(t, store, early, p.event("other", "pay/2"))

	p.one(t, store, "other") // the earlier one waits: one of its workflow is out
	require.NoError(t, store.Defer(t.Context(), held, p.clock.now(), "unavailable"))
	first := p.one(t, store, "early")
	require.NoError(t, store.Done(t.Context(), first, p.clock.now().Add(day)))
	require.Equal(t, 2, p.one(t, store, "late").Attempts)
}

func batchOrder(t *testing.T, p *place) {
	store := p.open(t)
	var events []inbox.Event
	for n := range 150 { // more than one statement takes
		events = append(events, p.event(fmt.Sprint("event ", n), "pay/1"))
	}
	add(t, store, events...)
	for n := range events {
		lease := p.one(t, store, fmt.Sprint("event ", n))
		require.NoError(t, store.Done(t.Context(), lease, p.clock.now().Add(day)))
	}
	require.False(t, pending(t, store, "pay/1"))
}

func longestDue(t *testing.T, p *place) {
	store := p.open(t)
	for _, name := range []string{"c", "a", "b"} {
		add(t, store, p.event(name, "pay/"+name))
		p.clock.pass(time.Second)
	}
	var order []string
	for _, lease := range append(p.due(t, store, 2), p.due(t, store, 2)...) {
		order = append(order, lease.WorkflowID)
	}
	require.Equal(t, []string{"pay/c", "pay/a", "pay/b"}, order)
}

func deferredHead(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/1"))
	again := p.clock.now().Add(10 * time.Minute)
	require.NoError(t, store.Defer(t.Context(), p.one(t, store, "a"), again, "unavailable"))
	add(t, store, p.event("c", "pay/2"))
	p.one(t, store, "c")

	entry, err := store.Get(t.Context(), key("a"))
	require.NoError(t, err)
	require.Equal(t, "unavailable", entry.Reason)
	require.Equal(t, again, entry.NextAttempt)
	require.False(t, entry.Leased)

	p.clock.pass(10*time.Minute - time.Microsecond)
	for _, lease := range p.due(t, store, 10) {
		require.NotEqual(t, "pay/1", lease.WorkflowID)
	}
	p.clock.pass(time.Microsecond)
	require.Equal(t, 2, p.one(t, store, "a").Attempts)
}

func deadLetter(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/1"))
	require.NoError(t, store.Bury(t.Context(), p.one(t, store, "a"), "too_large"))
	last := p.one(t, store, "b")
	require.NoError(t, store.Bury(t.Context(), last, "no_workflow"))
	require.False(t, pending(t, store, "pay/1"), "nobody queues up behind dead letters")
	require.Empty(t, p.due(t, store, 10))
	require.Equal(t, []bool{false}, add(t, store, p.event("a", "pay/1")), "a dead letter's key is known")

	entry, err := store.Get(t.Context(), key("a"))
	require.NoError(t, err)
	require.Equal(t, inbox.Dead, entry.State)
	require.Equal(t, "too_large", entry.Reason)
	require.Equal(t, []byte("payload of a"), entry.Payload)
	require.True(t, entry.NextAttempt.IsZero())
}

func leaseEnds(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"))
	first := p.one(t, store, "a")
	p.clock.pass(inbox.DefaultLease - time.Microsecond)
	require.Empty(t, p.due(t, store, 10))
	p.clock.pass(time.Microsecond)
	second := p.one(t, store, "a")
	require.Equal(t, 2, second.Attempts)

	require.ErrorIs(t, store.Defer(t.Context(), first, p.clock.now(), "slow"), inbox.ErrLeaseLost)
	require.ErrorIs(t, store.Bury(t.Context(), first, "slow"), inbox.ErrLeaseLost)
	require.Empty(t, p.due(t, store, 10), "the loser did not give the other's lease back")
	require.NoError(t, store.Defer(t.Context(), second, p.clock.now(), "unavailable"))
	require.ErrorIs(t, store.Defer(t.Context(), second, p.clock.now(), "unavailable"), inbox.ErrLeaseLost, "given back already")
	p.one(t, store, "a")
}

func doneLate(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/1"))
	first := p.one(t, store, "a")
	p.clock.pass(inbox.DefaultLease)
	second := p.one(t, store, "a")
	require.NoError(t, store.Done(t.Context(), first, p.clock.now().Add(day)))
	require.Empty(t, p.due(t, store, 10), "the second holder may still be at it")
	require.NoError(t, store.Done(t.Context(), second, p.clock.now().Add(day)))
	require.NoError(t, store.Done(t.Context(), second, p.clock.now().Add(day)), "repeated")
	p.one(t, store, "b")
}

func lateWord(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/1"))
	first := p.one(t, store, "a")
	p.clock.pass(inbox.DefaultLease)
	second := p.one(t, store, "a")
	require.NoError(t, store.Done(t.Context(), first, p.clock.now().Add(day)))
	require.ErrorIs(t, store.Defer(t.Context(), second, p.clock.now().Add(time.Hour), "unavailable"), inbox.ErrLeaseLost)
	p.one(t, store, "b") // at once, not in an hour
}

func revived(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"))
	require.ErrorIs(t, store.Revive(t.Context(), key("a"), ""), inbox.ErrNotFound, "it is not dead")
	require.NoError(t, store.Bury(t.Context(), p.one(t, store, "a"), "no_workflow"))
	require.ErrorContains(t, store.Revive(t.Context(), key("a"), "a\x00b"), "RequestID")
	require.NoError(t, store.Revive(t.Context(), key("a"), "another"))
	require.True(t, pending(t, store, "pay/1"))
	lease := p.one(t, store, "a")
	require.Equal(t, "another", lease.RequestID)
	require.Equal(t, 1, lease.Attempts)
	require.NoError(t, store.Bury(t.Context(), lease, "no_workflow"))
	require.NoError(t, store.Revive(t.Context(), key("a"), ""))
	require.Equal(t, "another", p.one(t, store, "a").RequestID)
	require.ErrorIs(t, store.Revive(t.Context(), key("never"), ""), inbox.ErrNotFound)
}

func addedDead(t *testing.T, p *place) {
	store := p.open(t)
	event := p.event("a", "")
	event.DeadReason = "cannot_map"
	require.Equal(t, []bool{true}, add(t, store, event))
	require.Empty(t, p.due(t, store, 10))
	entry, err := store.Get(t.Context(), key("a"))
	require.NoError(t, err)
	require.Equal(t, inbox.Dead, entry.State)
	require.Equal(t, "cannot_map", entry.Reason)
	require.ErrorContains(t, store.Revive(t.Context(), key("a"), ""), "names no workflow")
}

func pendingRestart(t *testing.T, p *place) {
	first := p.open(t)
	require.False(t, pending(t, first, "pay/1"))
	add(t, first, p.event("a", "pay/1"))
	require.True(t, pending(t, first, "pay/1"))
	require.False(t, pending(t, first, "pay/2"))
	require.NoError(t, first.Close())

	second := p.open(t)
	require.True(t, pending(t, second, "pay/1"))
	lease := p.one(t, second, "a")
	require.True(t, pending(t, second, "pay/1"), "on its way is not gone")
	require.NoError(t, second.Done(t.Context(), lease, p.clock.now().Add(day)))
	require.False(t, pending(t, second, "pay/1"))
}

func pendingElsewhere(t *testing.T, p *place) {
	mine, other := p.open(t), p.open(t)
	add(t, mine, p.event("a", "pay/1"), p.event("b", "pay/2"))
	for _, lease := range p.due(t, other, 10) {
		require.NoError(t, other.Done(t.Context(), lease, p.clock.now().Add(day)))
	}
	require.False(t, pending(t, mine, "pay/1"))
	_, err := mine.Purge(t.Context(), p.clock.now())
	require.NoError(t, err)
	require.False(t, pending(t, mine, "pay/2"))
	add(t, mine, p.event("c", "pay/1"))
	require.True(t, pending(t, mine, "pay/1"))
}

func seenKeys(t *testing.T, p *place) {
	store := p.open(t)
	var seen []inbox.Seen
	for n := range 200 { // more than one statement takes
		seen = append(seen, inbox.Seen{Key: key(fmt.Sprint(n)), Until: p.clock.now().Add(day)})
	}
	seen = append(seen, inbox.Seen{Key: key("0"), Until: p.clock.now().Add(2 * day)}, inbox.Seen{Key: key("0"), Until: p.clock.now()})
	require.NoError(t, store.Remember(t.Context(), seen))
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: key("1"), Until: p.clock.now().Add(time.Hour)}}))
	p.clock.pass(day - time.Microsecond)
	require.True(t, known(t, store, "1"), "an earlier expiry does not shorten")
	p.clock.pass(time.Microsecond)
	require.False(t, known(t, store, "1"))
	require.True(t, known(t, store, "0"))

	add(t, store, p.event("held", "pay/1"))
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: key("held"), Until: p.clock.now().Add(time.Hour)}}))
	p.clock.pass(100 * day)
	require.True(t, known(t, store, "held"), "what is in the inbox is known")
}

func purge(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("old", "pay/1"), p.event("waits", "pay/2"))
	require.NoError(t, store.Bury(t.Context(), p.due(t, store, 1)[0], "too_large"))
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: key("seen"), Until: p.clock.now().Add(time.Hour)}}))
	p.clock.pass(time.Hour)
	young := p.event("young", "pay/3")
	young.DeadReason = "too_large"
	add(t, store, young)

	purged, err := store.Purge(t.Context(), p.clock.now())
	require.NoError(t, err)
	require.Equal(t, inbox.Purged{Dead: 1, Keys: 1}, purged)
	entries, err := store.List(t.Context(), inbox.Filter{})
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, key("waits"), entries[0].Key)
	require.Equal(t, key("young"), entries[1].Key)
}

func purgedKey(t *testing.T, p *place) {
	store := p.open(t)
	var letters []inbox.Event
	for n := range 1100 { // more than two steps take
		letter := p.event(fmt.Sprint(n), "pay/1")
		letter.DeadReason = "too_large"
		letters = append(letters, letter)
	}
	for some := range slices.Chunk(letters, 100) { // a write has its time, also on a busy machine
		add(t, store, some...)
	}
	p.clock.pass(time.Second)
	purged, err := store.Purge(t.Context(), p.clock.now())
	require.NoError(t, err)
	require.Equal(t, inbox.Purged{Dead: len(letters)}, purged)
	require.Equal(t, []bool{false}, add(t, store, letters[0]))
	p.clock.pass(30 * day)
	purged, err = store.Purge(t.Context(), p.clock.now())
	require.NoError(t, err)
	require.Equal(t, inbox.Purged{Keys: len(letters)}, purged)
	require.Equal(t, []bool{true}, add(t, store, letters[0]))
}

func list(t *testing.T, p *place) {
	store := p.open(t)
	for n := range 5 {
		event := p.event(fmt.Sprint(n), fmt.Sprint("pay/", n%2))
		event.Provider = []string{"stripe", "zoom"}[n%2]
		if n == 4 {
			event.DeadReason = "cannot_map"
		}
		add(t, store, event)
	}
	names := func(filter inbox.Filter) (found []string) {
		entries, err := store.List(t.Context(), filter)
		require.NoError(t, err)
		for _, entry := range entries {
			require.Empty(t, entry.Payload)
			for n := range 5 {
				if entry.Key == key(fmt.Sprint(n)) {
					found = append(found, fmt.Sprint(n))
				}
			}
		}
		return found
	}
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, names(inbox.Filter{}))
	require.Equal(t, []string{"0", "2", "4"}, names(inbox.Filter{Provider: "stripe"}))
	require.Equal(t, []string{"4"}, names(inbox.Filter{State: inbox.Dead}))
	require.Equal(t, []string{"0", "2"}, names(inbox.Filter{State: inbox.Waiting, WorkflowID: "pay/0"}))
	page, err := store.List(t.Context(), inbox.Filter{Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"2", "3"}, names(inbox.Filter{After: page[1].Sequence, Limit: 2}))
}

func stats(t *testing.T, p *place) {
	store := p.open(t)
	empty, err := store.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, inbox.Stats{}, empty)

	add(t, store, p.event("a", "pay/1"), p.event("b", "pay/2"))
	for _, lease := range p.due(t, store, 1) {
		require.NoError(t, store.Defer(t.Context(), lease, p.clock.now(), "unavailable"))
	}
	p.clock.pass(time.Minute)
	zoom := p.event("c", "session/1")
	zoom.Provider, zoom.DeadReason = "zoom", "cannot_map"
	add(t, store, zoom, p.event("d", "pay/2"))
	p.clock.pass(time.Second)

	counted, err := store.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, inbox.Stats{
		Waiting: 3, Dead: 1, OldestAge: 61 * time.Second,
		Providers: []inbox.ProviderStats{
			{Provider: "stripe", Waiting: 3, OldestAge: 61 * time.Second, MostAttempts: 1, Reasons: map[string]int{"unavailable": 1}},
			{Provider: "zoom", Dead: 1, Reasons: map[string]int{"cannot_map": 1}},
		},
	}, counted)
}

func refused(t *testing.T, p *place) {
	store := p.open(t)
	for field, spoil := range map[string]func(*inbox.Event){
		"Key":        func(e *inbox.Event) { e.Key = inbox.Key{} },
		"RequestID":  func(e *inbox.Event) { e.RequestID = "" },
		"Provider":   func(e *inbox.Event) { e.Provider = "a\x00b" },
		"Type":       func(e *inbox.Event) { e.Type = "\xff" },
		"Account":    func(e *inbox.Event) { e.Account = string(make([]byte, 1001)) },
		"WorkflowID": func(e *inbox.Event) { e.WorkflowID = "" },
		"code word":  func(e *inbox.Event) { e.DeadReason = "Ana Guest did not answer" },
	} {
		bad := p.event("bad", "pay/1")
		spoil(&bad)
		_, err := store.Add(t.Context(), []inbox.Event{p.event("good", "pay/1"), bad})
		require.ErrorContains(t, err, field)
		require.NotContains(t, err.Error(), "Ana")
	}
	require.False(t, known(t, store, "good"))
	require.False(t, pending(t, store, "pay/1"))

	add(t, store, p.event("good", "pay/1"))
	lease := p.one(t, store, "good")
	require.ErrorContains(t, store.Defer(t.Context(), lease, p.clock.now(), "no such guest: Ana"), "code word")
	require.ErrorContains(t, store.Bury(t.Context(), lease, ""), "code word")
	require.Empty(t, p.due(t, store, 1), "the lease is as it was")
}

func sharedByProxies(t *testing.T, p *place) {
	const proxies, queues, each = 3, 6, 12
	var events []inbox.Event
	for n := range queues * each {
		events = append(events, p.event(fmt.Sprint(n), fmt.Sprint("pay/", n%queues)))
	}
	stores := make([]inbox.Store, proxies)
	for i := range stores {
		stores[i] = p.open(t)
	}
	work := &watch{out: map[string]string{}, last: map[string]int64{}}
	var group sync.WaitGroup
	for i, store := range stores {
		group.Go(func() { // adds its part while the others take from the same queues
			for n := i; n < len(events); n += proxies {
				insist(t, func() error {
					_, err := store.Add(context.Background(), events[n:n+1])
					return err
				})
			}
		})
		group.Go(func() { work.forward(t, p, store, len(events)) })
	}
	group.Wait()
	require.Equal(t, len(events), work.count)
	for queue := range queues {
		require.False(t, pending(t, stores[0], fmt.Sprint("pay/", queue)))
	}
}

// insist calls again while others hold the database for longer than a call waits for
// them, as senders and proxies do. Five calls more that find no turn are a fault.
func insist(t *testing.T, call func() error) {
	err := call()
	for again := 0; again < 5 && errors.Is(err, inbox.ErrUnavailable); again++ {
		err = call()
	}
	if err != nil {
		t.Error(err)
	}
}

// watch sees what is out at the same time.
type watch struct {
	mutex sync.Mutex
	out   map[string]string // workflow: event
	last  map[string]int64
	count int
}

func (w *watch) forward(t *testing.T, p *place, store inbox.Store, all int) {
	for {
		w.mutex.Lock()
		finished := w.count == all || t.Failed()
		w.mutex.Unlock()
		if finished {
			return
		}
		var leases []inbox.Lease
		insist(t, func() (err error) {
			leases, err = store.Due(context.Background(), p.clock.now(), 4)
			return err
		})
		for _, lease := range leases {
			w.carry(t, lease)
		}
		for _, lease := range leases {
			w.mutex.Lock()
			delete(w.out, lease.WorkflowID)
			w.count++
			w.mutex.Unlock()
			insist(t, func() error { return store.Done(context.Background(), lease, p.clock.now().Add(day)) })
		}
	}
}

func (w *watch) carry(t *testing.T, lease inbox.Lease) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if other, busy := w.out[lease.WorkflowID]; busy {
		t.Errorf("%s is out together with %s", lease.Payload, other)
	}
	w.out[lease.WorkflowID] = string(lease.Payload)
}

func openedAtOnce(t *testing.T, p *place) {
	config := p.config(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			store, err := inbox.Open(context.Background(), config)
			if err != nil {
				t.Error(err)
				return
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func closed(t *testing.T, p *place) {
	store := p.open(t)
	add(t, store, p.event("a", "pay/1"))
	require.NoError(t, store.Close())
	_, err := store.Add(t.Context(), []inbox.Event{p.event("b", "pay/1")})
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	_, err = store.List(t.Context(), inbox.Filter{})
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	is, err := store.Pending(t.Context(), "pay/1")
	require.ErrorIs(t, err, inbox.ErrUnavailable)
	require.True(t, is, "who cannot know must not overtake")
	require.False(t, pending(t, store, "pay/2"), "known without the database")
	require.ErrorIs(t, store.Check(t.Context()), inbox.ErrUnavailable)
	require.NoError(t, store.Close(), "twice")
}

func check(t *testing.T, p *place) {
	store := p.open(t)
	for range 3 {
		require.NoError(t, store.Check(t.Context()))
	}
}

func gaveUp(t *testing.T, p *place) {
	store := p.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Add(ctx, []inbox.Event{p.event("a", "pay/1")})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, inbox.ErrUnavailable)
}
