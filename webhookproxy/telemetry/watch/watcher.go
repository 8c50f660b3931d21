package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/trouble"
)

const (
	// lookEvery is how often sessions without an owner, and changed assignments, are
	// looked for.
	lookEvery = 500 * time.Millisecond
	// patience is how long the store may take for one call of an owner.
	patience = 2 * time.Second
)

// Follower delivers what the owner of a session finds.
type Follower interface {
	// Follow works until the context ends. found tells of new transitions, and watched
	// says whether the session is being watched right now.
	Follow(ctx context.Context, session string, found <-chan struct{}, watched func() bool)
}

// Config of New.
type Config struct {
	Store    *store.Store
	Follower Follower
	// Poll is how often an owner looks for what other processes have stored; what this
	// one stores wakes it. A second is the most: time passes then as well.
	Poll   time.Duration
	Now    func() time.Time
	Logger *slog.Logger
	Meter  metric.Meter
}

// Watcher owns sessions.
type Watcher struct {
	config  Config
	metrics *instruments
	look    chan struct{}

	mutex    sync.Mutex
	owned    map[string]*owner
	assigned map[string]store.Assignment // by session, as they were read last
}

// New makes a Watcher.
func New(config Config) (*Watcher, error) {
	w := &Watcher{config: config, look: make(chan struct{}, 1), owned: map[string]*owner{}}
	var err error
	w.metrics, err = newInstruments(config.Meter, w.count)
	return w, err
}

// Run owns sessions until the context ends, and has given them back when it returns.
func (w *Watcher) Run(ctx context.Context) {
	var owners sync.WaitGroup
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	looking := trouble.New(w.config.Logger, "sessions cannot be looked for")
	for ctx.Err() == nil {
		looking.Say(errors.Join(w.refresh(ctx), w.claim(ctx, &owners)))
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-w.look:
		}
	}
	owners.Wait()
}

// Wake tells the owner of a session, if it is here, that there is something to read.
func (w *Watcher) Wake(session string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if o := w.owned[session]; o != nil {
		nudge(o.wake)
	}
}

// Look tells that a session was assigned or has ended.
func (w *Watcher) Look() { nudge(w.look) }

// Owns says whether a session is owned here.
func (w *Watcher) Owns(session string) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.owned[session] != nil
}

func (w *Watcher) count() int64 {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return int64(len(w.owned))
}

// nudge wakes who waits, or will.
func nudge(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

// refresh reads the assignments, and wakes the owners of those that have changed.
func (w *Watcher) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sessions, err := w.config.Store.Sessions(ctx)
	if err != nil {
		return err
	}
	read := make(map[string]store.Assignment, len(sessions))
	for _, one := range sessions {
		read[one.Session] = one
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for name, o := range w.owned {
		if before, now := w.assigned[name], read[name]; !same(before, now) {
			nudge(o.wake)
		}
	}
	w.assigned = read
	return nil
}

// assignment is a session's, as it was read last.
func (w *Watcher) assignment(name string) (store.Assignment, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	found, known := w.assigned[name]
	return found, known
}

// claim becomes the owner of what has none.
func (w *Watcher) claim(ctx context.Context, owners *sync.WaitGroup) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	names, err := w.config.Store.Claimable(bounded)
	if err != nil {
		return err
	}
	for _, name := range names {
		if w.Owns(name) {
			continue // it has not heard that its lease has ended, and extends it if nobody else has
		}
		got, err := w.config.Store.Acquire(bounded, name)
		switch {
		case errors.Is(err, store.ErrOwned):
			continue
		case err != nil:
			return err
		}
		o := newOwner(w, got)
		w.put(name, o)
		owners.Go(func() {
			o.run(ctx)
			w.put(name, nil)
		})
	}
	return nil
}

func (w *Watcher) put(name string, o *owner) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if o == nil {
		delete(w.owned, name)
		return
	}
	w.owned[name] = o
}
