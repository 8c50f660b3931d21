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
	// elsewhere is how long the owner of a session has to make a page that is due:
	// until its lease has ended, and the next owner is there.
	elsewhere = store.DefaultLease + 2*time.Second
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
	Unsettled(ctx context.Context, again, silence time.Duration, limit int) ([]store.Entry, error)
	PagedAgain(ctx context.Context, session string, number uint64) error
	Settle(ctx context.Context, session string, number uint64) error
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

// due is a page that is to be made.
type due struct {
	row   store.Entry
	since time.Time
	again int // 0 is the first page about the transition
}

func (d due) name() name { return name{d.row.Session, d.row.Number, d.again} }

// name is a page's.
type name struct {
	session string
	number  uint64
	again   int
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

// look begins a try for every page that is due and has its turn.
func (f *Fallback) look(ctx context.Context, underWay *sync.WaitGroup) error {
	pages, err := f.due(ctx)
	if err == nil {
		f.forget(pages)
	}
	now := f.config.Now()
	for _, page := range pages {
		if !f.config.Owns(page.row.Session) && now.Sub(page.since) < elsewhere {
			continue
		}
		if one := f.begin(page.name(), now); one != nil {
			underWay.Go(func() { f.try(ctx, page, one) })
		}
	}
	return err
}

// due lists pages, those that nobody has made before first: they do not wait for the
// others to be known.
func (f *Fallback) due(ctx context.Context) (pages []due, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	overdue, err := f.config.Store.Overdue(ctx, Overdue, limit)
	if err != nil {
		return nil, err
	}
	for _, row := range overdue {
		pages = append(pages, due{row: row, since: row.CreatedAt.Add(Overdue)})
	}
	unsettled, err := f.config.Store.Unsettled(ctx, Again, Silence, limit)
	for _, row := range unsettled {
		pages = append(pages, dueAgain(row))
	}
	return pages, err
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

// forget drops what is no longer due.
func (f *Fallback) forget(pages []due) {
	still := map[name]bool{}
	for _, page := range pages {
		still[page.name()] = true
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for of, one := range f.known {
		if !still[of] && !one.underWay {
			delete(f.known, of)
		}
	}
}
