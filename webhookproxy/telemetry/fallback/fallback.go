package fallback

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	ports "guestjourney/activities/paging"
	"guestjourney/internal/paging"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/trouble"
)

const (
	// Overdue is how long the workflow has to page somebody.
	Overdue = 3 * time.Second
	// elsewhere is how long the owner of a session has to make its fallback page:
	// until its lease has ended, and the next owner is there.
	elsewhere = Overdue + store.DefaultLease + 2*time.Second
	// lookEvery is how often overdue ones are looked for.
	lookEvery = 250 * time.Millisecond
	// limit is how many are looked at at once, the oldest first.
	limit = 500
	// atOnce bounds the calls under way: more than fifty guests need at one instant.
	atOnce = 128
	// Pauses between two tries of a page.
	firstPause = 500 * time.Millisecond
	lastPause  = 5 * time.Second

	storeTimeout = 2 * time.Second
)

// Store is the outbox.
type Store interface {
	Overdue(ctx context.Context, after time.Duration, limit int) ([]store.Entry, error)
	Transitions(ctx context.Context, session string, above uint64, limit int) ([]store.Entry, error)
	Session(ctx context.Context, name string) (store.Session, error)
	HandedOver(ctx context.Context, session string, number uint64, at time.Time, fallback bool) (first bool, err error)
	Recall(ctx context.Context, session string, number uint64) error
}

// Roster knows the failsafe recipient and where people are reached.
type Roster interface {
	Failsafe() ports.Contact
	Route(person string, channel ports.Channel) (address string, known bool)
}

// Pager pages people.
type Pager interface {
	Text(ctx context.Context, to string, page paging.Page) (paging.Receipt, error)
	Call(ctx context.Context, to string, page paging.Page) (paging.Receipt, error)
}

// Config of New.
type Config struct {
	Store  Store
	Roster func() Roster // the one in force
	Pager  Pager
	// Owns says whether a session is owned in this process.
	Owns   func(session string) bool
	Now    func() time.Time
	Logger *slog.Logger
	Meter  metric.Meter
}

// Fallback makes the pages.
type Fallback struct {
	config Config
	pages  metric.Int64Counter
	slots  chan struct{}
	calls  sync.WaitGroup // to the provider

	mutex sync.Mutex
	known map[name]*attempt
}

// name is a transition's.
type name struct {
	session string
	number  uint64
}

// attempt is what is known of a page that is being made.
type attempt struct {
	underWay bool
	pause    time.Duration
	next     time.Time // of the next try
	takenAt  time.Time // when a provider took it; what is left is to say so
}

// New makes a Fallback.
func New(config Config) (*Fallback, error) {
	pages, err := newPages(config.Meter)
	return &Fallback{config: config, pages: pages, slots: make(chan struct{}, atOnce), known: map[name]*attempt{}}, err
}

// Run pages until the context ends, and returns when no page is under way.
func (f *Fallback) Run(ctx context.Context) {
	var underWay sync.WaitGroup
	defer f.calls.Wait()
	defer underWay.Wait()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	looking := trouble.New(f.config.Logger, "it cannot be seen who was not paged")
	for {
		if err := f.look(ctx, &underWay); ctx.Err() == nil {
			looking.Say(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look begins a try for everything that is overdue and due for one.
func (f *Fallback) look(ctx context.Context, underWay *sync.WaitGroup) error {
	bounded, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	rows, err := f.config.Store.Overdue(bounded, Overdue, limit)
	if err != nil {
		return err
	}
	f.forget(rows)
	now := f.config.Now()
	for _, row := range rows {
		if !f.config.Owns(row.Session) && now.Sub(row.CreatedAt) < elsewhere {
			continue
		}
		if one := f.begin(name{row.Session, row.Number}, now); one != nil {
			underWay.Go(func() { f.try(ctx, row, one) })
		}
	}
	return nil
}

// begin returns the attempt if it is its turn and there is a slot.
func (f *Fallback) begin(of name, now time.Time) *attempt {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one := f.known[of]
	if one == nil {
		one = &attempt{}
	}
	if one.underWay || now.Before(one.next) {
		return nil
	}
	select {
	case f.slots <- struct{}{}:
	default:
		return nil
	}
	one.underWay, f.known[of] = true, one
	return one
}

// end frees the slot and says when the next try is, should one be needed.
func (f *Fallback) end(one *attempt) {
	<-f.slots
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one.underWay = false
	one.pause = min(max(2*one.pause, firstPause), lastPause)
	one.next = f.config.Now().Add(one.pause)
}

// forget drops what is no longer overdue.
func (f *Fallback) forget(rows []store.Entry) {
	overdue := map[name]bool{}
	for _, row := range rows {
		overdue[name{row.Session, row.Number}] = true
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for of, one := range f.known {
		if !overdue[of] && !one.underWay {
			delete(f.known, of)
		}
	}
}
