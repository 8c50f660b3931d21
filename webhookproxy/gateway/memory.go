package gateway

import (
	"sync"

	"guestjourney/internal/inbox"
)

// memory is a bounded set of keys that forgets the oldest.
type memory struct {
	mutex sync.Mutex
	known map[inbox.Key]struct{}
	order []inbox.Key // a ring
	next  int
}

func newMemory(size int) *memory {
	return &memory{known: make(map[inbox.Key]struct{}), order: make([]inbox.Key, 0, size)}
}

func (m *memory) has(key inbox.Key) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	_, known := m.known[key]
	return known
}

func (m *memory) add(key inbox.Key) {
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
