// Package forward empties the proxy's inbox into Temporal.
//
// Started by main beside the HTTP listeners, and woken by the gateway. It owns
// the pace: as fast as Temporal takes events while it is there, and ever slower
// while it is not. It promises that the events of one workflow arrive in order,
// one after the other, that an event leaves the inbox only once Temporal has it,
// and that what can never be delivered is kept as a dead letter with its reason.
package forward

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
)

// Config is what a forwarder is made of.
type Config struct {
	Inbox     inbox.Store
	Signaller gateway.Signaller
	Logger    *slog.Logger
	Registry  prometheus.Registerer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Look is how often the inbox is looked at without being woken; 0 means a second.
	Look time.Duration
	// Step hears of StepHanded, for tests that end the process there; nil tells
	// nobody.
	Step func(name string)
}

// StepHanded is when Temporal has taken an event and the inbox does not know it yet.
const StepHanded = "handed"

// Forwarder hands the inbox's events to Temporal.
type Forwarder struct {
	config Config
	woken  chan struct{}
	places chan struct{}
	tries  sync.WaitGroup
	events *prometheus.CounterVec
}

const (
	// most is how many workflows' events are under way at once.
	most = 32
	// together is how long a look waits for more that comes at the same time: tries
	// whose outcomes were written in one transaction end together, and one look
	// costs as much for all of them as for the first.
	together = 2 * time.Millisecond
	// patience bounds one try. The inbox's lease is longer.
	patience = 10 * time.Second
	// firstPause and longestPause bound the time between two tries of an event.
	firstPause   = time.Second
	longestPause = time.Minute
	// fullPause is how long an event waits whose provider has too many unrouted.
	fullPause = 5 * time.Minute
	// purgeEvery is how often keys that have expired are removed.
	purgeEvery = time.Hour
	// deadLetters is how long a dead letter is kept.
	deadLetters = 90 * 24 * time.Hour
)

// New makes a forwarder; Run starts it.
func New(config Config) *Forwarder {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Look == 0 {
		config.Look = time.Second
	}
	if config.Step == nil {
		config.Step = func(string) {}
	}
	f := &Forwarder{config: config, woken: make(chan struct{}, 1), places: make(chan struct{}, most), events: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "guestjourney_inbox_forwarded_total",
		Help: "Events taken from the proxy's inbox by what became of the try.",
	}, []string{"provider", "outcome"})}
	config.Registry.MustRegister(f.events, &depth{store: config.Inbox})
	return f
}

// Wake says that something has come.
func (f *Forwarder) Wake() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

// Run forwards until the context ends; tries under way are finished.
func (f *Forwarder) Run(ctx context.Context) {
	look, purge := time.NewTicker(f.config.Look), time.NewTicker(purgeEvery)
	defer look.Stop()
	defer purge.Stop()
	defer f.tries.Wait()
	for {
		f.begin(ctx)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-f.woken:
			time.Sleep(together)
		case <-purge.C:
			f.purge(ctx)
		}
	}
}

// begin tries what is due, as far as there are places. Each try wakes the
// forwarder when it ends, for the next event of its workflow: so a workflow that
// is slow holds up nobody else.
func (f *Forwarder) begin(ctx context.Context) {
	places := most - len(f.places)
	if places == 0 || ctx.Err() != nil {
		return
	}
	leases, err := f.config.Inbox.Due(ctx, f.config.Now(), places)
	if err != nil && ctx.Err() == nil {
		f.config.Logger.Warn("the inbox cannot be read; its events wait", "error", err.Error())
	}
	for _, lease := range leases {
		f.places <- struct{}{} // there is room: nobody else takes places
		f.tries.Go(func() {
			f.try(context.WithoutCancel(ctx), lease)
			<-f.places
			f.Wake()
		})
	}
}

// try hands one event on, and tells the inbox what became of it.
func (f *Forwarder) try(ctx context.Context, lease inbox.Lease) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	outcome, err := f.hand(ctx, lease)
	f.events.WithLabelValues(lease.Provider, outcome).Inc()
	attributes := []any{"provider", lease.Provider, "event", lease.Key.String()[:16], "outcome", outcome, "attempt", lease.Attempts}
	switch {
	case err != nil:
		f.config.Logger.Warn("event from the inbox", append(attributes, "error", err.Error())...)
	default:
		f.config.Logger.Info("event from the inbox", attributes...)
	}
}

// hand returns the outcome in one word, and what went wrong.
func (f *Forwarder) hand(ctx context.Context, lease inbox.Lease) (outcome string, err error) {
	p, err := parcel.Of(lease.Event)
	if err != nil {
		return "dead", errors.Join(err, f.config.Inbox.Bury(ctx, lease, "unreadable"))
	}
	decision, err := gateway.Hand(ctx, f.config.Signaller, p)
	// The outcome is written down in the time that the try has left over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	now := f.config.Now()
	switch {
	case decision != "":
		f.config.Step(StepHanded)
		return decision, f.config.Inbox.Done(ctx, lease, now.Add(p.Remember))
	case errors.Is(err, gateway.ErrUnfit):
		return "dead", errors.Join(err, f.config.Inbox.Bury(ctx, lease, "unfit"))
	case errors.Is(err, gateway.ErrTooLarge):
		return "dead", errors.Join(err, f.config.Inbox.Bury(ctx, lease, "too_large"))
	case errors.Is(err, gateway.ErrFull):
		return "deferred", errors.Join(err, f.config.Inbox.Defer(ctx, lease, now.Add(fullPause), "too_many_unrouted"))
	default:
		return "deferred", errors.Join(err, f.config.Inbox.Defer(ctx, lease, now.Add(pause(lease.Attempts)), "temporal_unavailable"))
	}
}

// pause doubles with each try, with jitter, so that those who failed together do
// not come again together.
func pause(attempts int) time.Duration {
	long := longestPause
	if attempts < 7 {
		long = min(firstPause<<max(attempts-1, 0), longestPause)
	}
	return long/2 + rand.N(long/2+1)
}

func (f *Forwarder) purge(ctx context.Context) {
	removed, err := f.config.Inbox.Purge(ctx, f.config.Now().Add(-deadLetters))
	if err != nil {
		f.config.Logger.Warn("the inbox cannot be purged", "error", err.Error())
		return
	}
	f.config.Logger.Info("inbox purged", "removed", removed)
}
