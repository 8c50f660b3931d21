package fallback

import (
	"context"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

const (
	// Again is when somebody is paged once more for a condition that lasts, past a
	// workflow that does not page: as often as that would.
	Again = session.Realarm
	// Silence is how long a workflow that has paged for a condition that lasts may say
	// nothing before it is replaced. It pages at the latest when a ladder that was
	// climbed in vain begins anew, and, if somebody acknowledges just before that, as
	// much later; a minute is for the pages themselves.
	Silence = 2*Again + time.Minute
)

// dueAgain numbers the page by the time since the first one, which everybody who makes
// it knows.
func dueAgain(row store.Entry) due {
	since := latest(row.HandedAt, row.PagedAgainAt).Add(Again)
	switch {
	case !row.WorkflowPagedAt.IsZero():
		since = latest(since, row.WorkflowPagedAt.Add(Silence))
	case !row.Fallback: // a process of an older version has marked it
		since = latest(since, row.HandedAt.Add(Silence))
	}
	return due{row: row, since: since, again: max(1, int(since.Sub(row.HandedAt)/Again))}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
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
