package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/trouble"
	"guestjourney/workflows/session"
)

const (
	// callTimeout bounds one call to Temporal, storeTimeout one to the store.
	callTimeout  = 5 * time.Second
	storeTimeout = 2 * time.Second
	// page is how many transitions are read at once.
	page = 50
	// Pauses between tries. What is new is tried at once.
	firstPause = 250 * time.Millisecond
	lastPause  = 5 * time.Second
	// lookEvery is how often it is looked for what nobody told of.
	lookEvery = 5 * time.Second
)

// Store is the outbox.
type Store interface {
	Undelivered(ctx context.Context, session string, limit int) ([]store.Entry, error)
	Delivered(ctx context.Context, session string, number uint64) error
	Session(ctx context.Context, name string) (store.Session, error)
}

// Config of New.
type Config struct {
	// Client is one of internal/temporalclient, whose interceptor sets request IDs.
	Client client.Client
	Store  Store
	Logger *slog.Logger
	Meter  metric.Meter
}

// Relay serves all sessions of a process.
type Relay struct {
	config Config

	mutex sync.Mutex
	owed  map[string]int // transitions that are not delivered, as they were read last
}

// New makes a Relay.
func New(config Config) (*Relay, error) {
	r := &Relay{config: config, owed: map[string]int{}}
	_, err := config.Meter.Int64ObservableGauge("guestjourney_telemetry_undelivered",
		metric.WithDescription("Transitions of watched sessions that their workflows have not confirmed, at most 50 a session."),
		metric.WithInt64Callback(func(_ context.Context, to metric.Int64Observer) error {
			to.Observe(r.undelivered())
			return nil
		}))
	return r, err
}

func (r *Relay) undelivered() (all int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, count := range r.owed {
		all += int64(count)
	}
	return all
}

func (r *Relay) owes(name string, count int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if count == 0 {
		delete(r.owed, name)
		return
	}
	r.owed[name] = count
}

// Follow implements watch.Follower.
func (r *Relay) Follow(ctx context.Context, name string, found <-chan struct{}, watched func() bool) {
	defer r.owes(name, 0)
	var beats sync.WaitGroup
	if name != store.Unassigned { // no workflow is there to be told
		beats.Go(func() { r.beat(ctx, name, watched) })
	}
	r.deliver(ctx, name, found)
	beats.Wait()
}

// deliver delivers until the context ends.
func (r *Relay) deliver(ctx context.Context, name string, found <-chan struct{}) {
	waiting := trouble.New(r.config.Logger.With("session", name), "transitions are not delivered and wait")
	var pause time.Duration
	for {
		wait := lookEvery
		switch err := r.deliverAll(ctx, name); {
		case ctx.Err() != nil:
			return
		case err != nil:
			pause = min(max(2*pause, firstPause), lastPause)
			wait = pause
			waiting.Say(err)
		default:
			pause = 0
			waiting.Say(nil)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-found:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// deliverAll delivers what is there, one after the other.
func (r *Relay) deliverAll(ctx context.Context, name string) error {
	for {
		rows, err := r.owing(ctx, name)
		if err != nil {
			return err
		}
		r.owes(name, len(rows))
		var unreadable error
		for i, row := range rows {
			signal, err := outbox.Signal(row)
			if err != nil { // it is paged for all the same, and holds up no other
				unreadable = err
				continue
			}
			if err := r.deliverOne(ctx, name, signal); err != nil {
				return err
			}
			r.owes(name, len(rows)-i-1)
		}
		if unreadable != nil || len(rows) < page {
			return unreadable
		}
	}
}

func (r *Relay) owing(ctx context.Context, name string) ([]store.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return r.config.Store.Undelivered(ctx, name, page)
}

func (r *Relay) deliverOne(ctx context.Context, name string, signal session.Transition) error {
	if name != store.Unassigned {
		if err := r.signal(ctx, name, signal); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return r.config.Store.Delivered(ctx, name, uint64(signal.Number))
}

// signal returns nil when Temporal has the transition, or when the session has ended
// and its workflow is closed: then it is in the record, and nobody is there to be told.
func (r *Relay) signal(ctx context.Context, name string, signal session.Transition) error {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	bounded = temporalclient.WithRequestID(bounded, fmt.Sprintf("%s/transition/%d", name, signal.Number))
	err := r.config.Client.SignalWorkflow(bounded, name, "", session.SignalTransition, signal)
	if !isNotFound(err) {
		return words(err)
	}
	stored, cancelStored := context.WithTimeout(ctx, storeTimeout)
	defer cancelStored()
	kept, failed := r.config.Store.Session(stored, name)
	if failed == nil && !kept.EndedAt.IsZero() {
		r.config.Logger.Info("a transition came after its workflow had closed", "session", name, "number", signal.Number)
		return nil
	}
	return errors.Join(words(err), failed)
}

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// words leave of an error what quotes nothing of what was sent.
func words(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("temporal: %s", serviceerror.ToStatus(err).Code())
}
