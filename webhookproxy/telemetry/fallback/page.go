package fallback

import (
	"context"
	"fmt"
	"time"

	ports "guestjourney/activities/paging"
	"guestjourney/internal/paging"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
)

// try makes one try of a page by every channel, and says so if it was taken.
func (f *Fallback) try(ctx context.Context, page due, one *attempt) {
	defer f.end(one)
	// A page that has begun is finished: the pager bounds it.
	ctx = context.WithoutCancel(ctx)
	if one.takenAt.IsZero() {
		if f.needless(ctx, page) {
			return
		}
		one.takenAt = f.page(ctx, f.content(ctx, page))
	}
	if one.takenAt.IsZero() {
		return
	}
	if err := f.mark(ctx, page, one.takenAt); err != nil {
		f.config.Logger.Error("a fallback page was made and cannot be marked; after a restart it is made again", "session", page.row.Session, "number", page.row.Number, "error", err.Error())
	}
}

// needless says whether nobody is to be paged any more.
func (f *Fallback) needless(ctx context.Context, page due) bool {
	if page.again > 0 {
		return f.settled(ctx, page.row)
	}
	return f.recalled(ctx, page.row)
}

// content is what the page says.
func (f *Fallback) content(ctx context.Context, page due) paging.Page {
	room := f.room(ctx, page.row.Session)
	if page.again > 0 {
		return outbox.PageAgain(page.row, room, page.again)
	}
	return outbox.Page(page.row, room)
}

// mark says that a page was taken. When the first one was stays on record.
func (f *Fallback) mark(ctx context.Context, page due, at time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if page.again > 0 {
		return f.config.Store.PagedAgain(ctx, page.row.Session, page.row.Number)
	}
	_, err := f.config.Store.HandedOver(ctx, page.row.Session, page.row.Number, at, true)
	return err
}

// recalled says whether nobody is to be paged any more. In doubt somebody is.
func (f *Fallback) recalled(ctx context.Context, row store.Entry) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	of, err := outbox.Read(row)
	if err != nil {
		f.config.Logger.Error("what a page is about cannot be read; it is made all the same", "session", row.Session, "number", row.Number, "error", err.Error())
		return false
	}
	return f.later(ctx, row, func(t detector.Transition) bool { return outbox.Recalls(t, of) }) &&
		f.config.Store.Recall(ctx, row.Session, row.Number) == nil
}

// laterPage is how many later transitions are read at once.
const laterPage = 200

// later says whether there is known to be such a one among the later transitions.
func (f *Fallback) later(ctx context.Context, row store.Entry, is func(detector.Transition) bool) bool {
	for above := row.Number; ; {
		found, err := f.config.Store.Transitions(ctx, row.Session, above, laterPage)
		if err != nil {
			return false
		}
		for _, one := range found {
			if t, err := outbox.Read(one); err == nil && is(t) {
				return true
			}
			above = one.Number
		}
		if len(found) < laterPage {
			return false
		}
	}
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
	f.config.Logger.Warn("nobody else pages in time; the failsafe recipient is paged", "page", page.Key, "channel", way.channel)
	return receipt.HandedAt
}
