package fallback

import (
	"context"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

// Again is when somebody is paged once more for a condition that lasts, as long as its
// workflow has not paged: as often as that would.
const Again = session.Realarm

// dueAgain numbers the page by the time since the first one, which everybody who makes
// it knows.
func dueAgain(row store.Entry) due {
	last := row.HandedAt
	if row.PagedAgainAt.After(last) {
		last = row.PagedAgainAt
	}
	since := last.Add(Again)
	return due{row: row, since: since, again: int(since.Sub(row.HandedAt) / Again)}
}

// settled says whether nobody is to be paged again, and sees that it is not asked any
// more. In doubt somebody is.
func (f *Fallback) settled(ctx context.Context, row store.Entry) bool {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if of, repeated := calledAgain(row); repeated && !f.ended(ctx, row.Session) &&
		!f.later(ctx, row, func(t detector.Transition) bool { return outbox.Supersedes(t, of) }) {
		return false
	}
	if err := f.config.Store.Settle(ctx, row.Session, row.Number); err != nil {
		f.config.Logger.Error("a page that is not made again cannot be marked; it is tried again", "session", row.Session, "number", row.Number, "error", err.Error())
	}
	return true
}

// calledAgain returns the transition of a row if people are called for it again. They
// are not if nobody could tell when it is over: it cannot be read, or it is a monitor's
// that has no session, and may be switched off or get one without its alarm ending.
func calledAgain(row store.Entry) (of detector.Transition, repeated bool) {
	of, err := outbox.Read(row)
	return of, err == nil && of.Priority == detector.Critical && row.Session != store.Unassigned
}

// ended says whether a session is known to be over: then it is nobody's alarm.
func (f *Fallback) ended(ctx context.Context, name string) bool {
	kept, err := f.config.Store.Session(ctx, name)
	return err == nil && !kept.EndedAt.IsZero()
}
