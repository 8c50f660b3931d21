package fallback

import (
	"context"
	"fmt"
	"time"

	ports "guestjourney/activities/paging"
	"guestjourney/internal/paging"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
)

// try makes one try of a page by every channel, and says so if it was taken.
func (f *Fallback) try(ctx context.Context, row store.Entry, one *attempt) {
	defer f.end(one)
	// A page that has begun is finished: the pager bounds it.
	ctx = context.WithoutCancel(ctx)
	if one.takenAt.IsZero() {
		if f.recalled(ctx, row) {
			return
		}
		one.takenAt = f.page(ctx, outbox.Page(row, f.room(ctx, row.Session)))
	}
	if one.takenAt.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if _, err := f.config.Store.HandedOver(ctx, row.Session, row.Number, one.takenAt, true); err != nil {
		f.config.Logger.Error("a fallback page was made and cannot be marked; after a restart it is made again", "session", row.Session, "number", row.Number, "error", err.Error())
	}
}

// laterPage is how many later transitions are looked through.
const laterPage = 200

// recalled says whether nobody is to be paged any more. In doubt somebody is.
func (f *Fallback) recalled(ctx context.Context, row store.Entry) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	of, err := outbox.Read(row)
	if err != nil {
		f.config.Logger.Error("what a page is about cannot be read; it is made all the same", "session", row.Session, "number", row.Number, "error", err.Error())
		return false
	}
	later, err := f.config.Store.Transitions(ctx, row.Session, row.Number, laterPage)
	if err != nil {
		return false
	}
	for _, one := range later {
		if t, err := outbox.Read(one); err == nil && outbox.Recalls(t, of) {
			return f.config.Store.Recall(ctx, row.Session, row.Number) == nil
		}
	}
	return false
}

// room is what pages say of a session. Without one, somebody still comes.
func (f *Fallback) room(ctx context.Context, session string) string {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	kept, err := f.config.Store.Session(ctx, session)
	if err == nil {
		err = kept.Unreadable
	}
	if err != nil {
		f.config.Logger.Error("a page does not say its room", "session", session, "error", err.Error())
	}
	return kept.Room
}

// way is how a person is reached.
type way struct {
	channel ports.Channel
	send    func(context.Context, string, paging.Page) (paging.Receipt, error)
}

// page texts and calls the failsafe recipient at once, and returns when a provider has
// taken one of them, or zero when none has: a call that hangs does not keep a text
// from being on record.
func (f *Fallback) page(ctx context.Context, page paging.Page) time.Time {
	roster := f.config.Roster()
	person := roster.Failsafe().Person
	ways := []way{{ports.SMS, f.config.Pager.Text}, {ports.Voice, f.config.Pager.Call}}
	taken := make(chan time.Time, len(ways))
	for _, way := range ways {
		to, known := roster.Route(person, way.channel)
		if !known {
			taken <- time.Time{}
			continue
		}
		f.calls.Go(func() { taken <- f.send(ctx, way, to, page) })
	}
	for range ways {
		if at := <-taken; !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

func (f *Fallback) send(ctx context.Context, way way, to string, page paging.Page) time.Time {
	receipt, err := way.send(ctx, to, page)
	became := handed
	switch {
	case err != nil:
		became = failed
	case receipt.Undeliverable:
		became, err = undeliverable, fmt.Errorf("the provider says %s", receipt.Reason)
	}
	f.pages.Add(ctx, 1, labels(way.channel, became))
	if err != nil {
		f.config.Logger.Error("a fallback page was not taken", "page", page.Key, "channel", way.channel, "error", err.Error())
		return time.Time{}
	}
	f.config.Logger.Warn("nobody was paged in time; the failsafe recipient is", "page", page.Key, "channel", way.channel)
	return receipt.HandedAt
}
