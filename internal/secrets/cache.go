package secrets

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// TTL is for how long a value is believed without another look.
	TTL = 5 * time.Minute
	// Pause is the least time between two looks at one secret, however many
	// providers refuse what was read.
	Pause = 10 * time.Second
	// patience bounds one read.
	patience = 5 * time.Second
)

// Options change a Cache in tests; the zero value is right.
type Options struct {
	TTL, Pause time.Duration    // 0 is the constant of that name
	Now        func() time.Time // nil is time.Now
	Logger     *slog.Logger     // nil is slog's default
}

// Cache remembers what a Store has said. It may be used by many goroutines.
type Cache struct {
	store   Store
	options Options

	flights singleflight.Group
	mutex   sync.Mutex
	known   map[place]entry
}

// place is one version of one secret.
type place struct {
	name  Name
	stage Stage
}

// entry is what is known about a place.
type entry struct {
	value  Value
	found  bool      // there is a value
	readAt time.Time // when the Store last gave an answer
	tried  time.Time // when it was last asked, whatever came of it
	err    error     // what came of that
}

// NewCache makes a Cache before a Store.
func NewCache(store Store, options Options) *Cache {
	if options.TTL == 0 {
		options.TTL = TTL
	}
	if options.Pause == 0 {
		options.Pause = Pause
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	return &Cache{store: store, options: options, known: map[place]entry{}}
}

// Get returns the value at a stage: a remembered one until it is older than the
// TTL, and for longer if the Store cannot be read then. Errors are the Store's.
func (c *Cache) Get(ctx context.Context, name Name, stage Stage) (Value, error) {
	known, err := c.get(ctx, place{name, stage}, c.options.TTL)
	switch {
	case err != nil:
		return Value{}, err
	case known.found:
		return known.value, nil
	}
	return Value{}, known.err
}

// Refresh is Get for a value that a provider has refused: it believes only what
// was read within the Pause, and returns an error if that cannot be had.
func (c *Cache) Refresh(ctx context.Context, name Name, stage Stage) (Value, error) {
	known, err := c.get(ctx, place{name, stage}, c.options.Pause)
	if err == nil {
		err = known.err
	}
	if err != nil {
		return Value{}, err
	}
	return known.value, nil
}

func (c *Cache) get(ctx context.Context, at place, believe time.Duration) (entry, error) {
	if known := c.remembered(at); c.options.Now().Sub(known.readAt) < believe {
		return known, nil
	}
	return c.read(ctx, at)
}

func (c *Cache) remembered(at place) entry {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.known[at]
}

// read looks once for all who ask meanwhile. None of them ends it by leaving:
// the others still wait.
func (c *Cache) read(ctx context.Context, at place) (entry, error) {
	flight := c.flights.DoChan(string(at.name)+"/"+string(at.stage), func() (any, error) {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return c.look(bounded, at), nil
	})
	select {
	case <-ctx.Done():
		return entry{}, ctx.Err()
	case landed := <-flight:
		return landed.Val.(entry), nil
	}
}

// look reads the Store, and remembers what came of it.
func (c *Cache) look(ctx context.Context, at place) entry {
	known, now := c.remembered(at), c.options.Now()
	if now.Sub(known.tried) < c.options.Pause {
		return known // the Store is left alone for a while, whatever came of the last look
	}
	value, err := c.store.Read(ctx, at.name, at.stage)
	switch {
	case err == nil:
		c.tell(at, known, value)
		known.value, known.found, known.readAt = value, true, now
	case errors.Is(err, ErrNotFound) && at.stage != Current:
		// A version on trial comes and goes: an answer like any other.
		known.value, known.found, known.readAt = Value{}, false, now
	case known.found:
		c.options.Logger.Warn("a secret cannot be read again; the known version stays in force", "secret", string(at.name), "version", known.value.Version, "error", err.Error())
	}
	known.tried, known.err = now, err
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.known[at] = known
	return known
}

// tell writes the one line of a change.
func (c *Cache) tell(at place, known entry, value Value) {
	if known.found && known.value.Version != value.Version && at.stage == Current {
		c.options.Logger.Info("a secret has changed", "secret", string(at.name), "version", value.Version)
	}
}
