package gateway

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/singleflight"

	"guestjourney/webhookproxy/providers"
)

// delivery signals each event once from this process. It is the first of three
// layers and the only one that may forget: the request ID makes the server
// refuse a repeat within a run, and workflows know the events they have seen.
type delivery struct {
	signaller Signaller
	accepted  *memory
	flights   singleflight.Group
}

func newDelivery(signaller Signaller, remember int) *delivery {
	return &delivery{signaller: signaller, accepted: newMemory(remember)}
}

// once signals unless the event was accepted before; a repeat that comes while
// the first is under way waits for its result. It waits no longer than its own
// budget, because the first of the same provider began earlier.
func (d *delivery) once(ctx context.Context, key eventKey, signal providers.Signal) (first bool, err error) {
	if d.accepted.has(key) {
		return false, nil
	}
	_, err, _ = d.flights.Do(string(key[:]), func() (any, error) {
		if d.accepted.has(key) { // between the look above and this flight
			return nil, nil
		}
		if err := d.signal(ctx, key, signal); err != nil {
			return nil, err
		}
		first = true
		d.accepted.add(key)
		return nil, nil
	})
	return first, err
}

// signal turns a panic below into an error: batches run in goroutines, where it
// would end the process and every other webhook with it.
func (d *delivery) signal(ctx context.Context, key eventKey, signal providers.Signal) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%w: panic of type %T", ErrUnavailable, value)
		}
	}()
	return d.signaller.Signal(ctx, key.requestID(), signal)
}

// memory is a bounded set of keys that forgets the oldest.
type memory struct {
	mutex sync.Mutex
	known map[eventKey]struct{}
	order []eventKey // a ring
	next  int
}

func newMemory(size int) *memory {
	return &memory{known: make(map[eventKey]struct{}), order: make([]eventKey, 0, size)}
}

func (m *memory) has(key eventKey) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	_, known := m.known[key]
	return known
}

func (m *memory) add(key eventKey) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, known := m.known[key]; known {
		return
	}
	m.known[key] = struct{}{}
	if len(m.order) < cap(m.order) {
		m.order = append(m.order, key)
		return
	}
	delete(m.known, m.order[m.next])
	m.order[m.next] = key
	m.next = (m.next + 1) % len(m.order)
}
