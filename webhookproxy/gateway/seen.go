package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"guestjourney/internal/inbox"
)

// seen knows the events that were taken: the latest in memory, all of them in
// the inbox, to which they are written behind, in batches. A crash forgets what
// was not written yet; Temporal and the workflows still know it.
type seen struct {
	store  inbox.Store
	now    func() time.Time
	logger *slog.Logger
	recent *memory

	mutex   sync.Mutex
	waiting []inbox.Seen
	dropped int
	full    chan struct{} // somebody should write now
}

const (
	// seenEvery is how long a key waits to be written.
	seenEvery = time.Second
	// seenBatch is how many keys are written without waiting.
	seenBatch = 500
	// seenWaiting bounds the keys that wait while the inbox cannot take them.
	seenWaiting = 100_000
	// seenPatience bounds one write.
	seenPatience = 5 * time.Second
)

func newSeen(store inbox.Store, remember int, now func() time.Time, logger *slog.Logger) *seen {
	return &seen{store: store, now: now, logger: logger, recent: newMemory(remember), full: make(chan struct{}, 1)}
}

func (s *seen) has(key inbox.Key) bool { return s.recent.has(key) }

// recall notes a key that the inbox has already.
func (s *seen) recall(key inbox.Key) { s.recent.add(key) }

// add notes a key that Temporal has taken.
func (s *seen) add(key inbox.Key, remember time.Duration) {
	s.recent.add(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.waiting) >= seenWaiting {
		s.dropped++
		return
	}
	s.waiting = append(s.waiting, inbox.Seen{Key: key, Until: s.now().Add(remember)})
	if len(s.waiting) >= seenBatch {
		select {
		case s.full <- struct{}{}:
		default:
		}
	}
}

// run writes keys until the context ends, and then what is left.
func (s *seen) run(ctx context.Context) {
	tick := time.NewTicker(seenEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.write(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		case <-s.full:
		}
		s.write(ctx)
	}
}

func (s *seen) write(ctx context.Context) {
	s.mutex.Lock()
	batch, dropped := s.waiting, s.dropped
	s.waiting, s.dropped = nil, 0
	s.mutex.Unlock()
	if dropped > 0 {
		s.logger.Warn("keys of taken events were not kept: repeats of them are known to Temporal only", "keys", dropped)
	}
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, seenPatience)
	defer cancel()
	if err := s.store.Remember(ctx, batch); err != nil {
		s.logger.Warn("keys of taken events cannot be written yet", "keys", len(batch), "error", err.Error())
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.waiting = append(batch, s.waiting...)
	}
}
