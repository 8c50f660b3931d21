package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"guestjourney/internal/database"
)

// Entry is a transition in the outbox.
type Entry struct {
	Session string
	Transition
	CreatedAt   time.Time
	DeliveredAt time.Time // zero while it is not
	HandedAt    time.Time // to a provider; zero while it is not
	RecalledAt  time.Time // nobody is to be paged any more; zero while somebody is
	Fallback    bool      // handed over past the session's workflow
	// WorkflowPagedAt is when the workflow said last that it has paged; zero if it
	// never did.
	WorkflowPagedAt time.Time
	// PagedAgainAt is when somebody was paged again past the workflow last; zero if
	// nobody was.
	PagedAgainAt time.Time
	// SettledAt is since when nobody is; zero while somebody may be.
	SettledAt time.Time
	// Unreadable says why there is no payload: the key ring lacks the key, or the
	// row was changed. Number and PageKey stand, so that somebody can be paged.
	Unreadable error
}

const entries = "SELECT session, number, page_key, created_at, delivered_at, handed_to_provider_at, recalled_at, fallback, workflow_paged_at, paged_again_at, settled_at, payload FROM telemetry_outbox WHERE "

func (s *Store) scanEntry(rows *sql.Rows) (Entry, error) {
	var one Entry
	var created int64
	var delivered, handed, recalled, workflow, again, settled sql.NullInt64
	var sealed []byte
	if err := rows.Scan(&one.Session, &one.Number, &one.PageKey, &created, &delivered, &handed, &recalled, &one.Fallback, &workflow, &again, &settled, &sealed); err != nil {
		return one, err
	}
	one.CreatedAt, one.DeliveredAt = database.Moment(created), momentOr(delivered)
	one.HandedAt, one.RecalledAt = momentOr(handed), momentOr(recalled)
	one.WorkflowPagedAt, one.PagedAgainAt, one.SettledAt = momentOr(workflow), momentOr(again), momentOr(settled)
	one.Payload, one.Unreadable = s.open(ofTransition, place(one.Session, one.Number), sealed)
	return one, nil
}

func momentOr(stamp sql.NullInt64) time.Time {
	if !stamp.Valid {
		return time.Time{}
	}
	return database.Moment(stamp.Int64)
}

func (s *Store) entries(ctx context.Context, where string, arguments ...any) ([]Entry, error) {
	found, err := database.Query(ctx, s.db.Read, s.scanEntry, entries+where, arguments...)
	return found, s.db.Fail("read transitions", err)
}

// Transitions returns those of a session above a number in their order, at most a
// number of them: for a rebuild, the log and the view.
func (s *Store) Transitions(ctx context.Context, session string, above uint64, limit int) ([]Entry, error) {
	return s.entries(ctx, "session = $1 AND number > $2 ORDER BY number LIMIT $3", session, above, limit)
}

// Undelivered returns transitions of a session that the workflow has not confirmed,
// in their order.
func (s *Store) Undelivered(ctx context.Context, session string, limit int) ([]Entry, error) {
	return s.entries(ctx, "session = $1 AND delivered_at IS NULL ORDER BY number LIMIT $2", session, limit)
}

// Delivered says that the workflow has confirmed a transition. The first time stays.
func (s *Store) Delivered(ctx context.Context, session string, number uint64) error {
	return s.write(ctx, "mark a transition as delivered", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE telemetry_outbox SET delivered_at = $1 WHERE session = $2 AND number = $3 AND delivered_at IS NULL",
			database.Stamp(s.now()), session, number)
		return err
	})
}

// HandedOver says that a provider has taken the page of a transition, and when. The
// first one who says it is on record, and gets true; who gets false has made a second
// page, which is allowed. Every time that the workflow says so it is heard from.
// ErrNotFound: there is no such transition.
func (s *Store) HandedOver(ctx context.Context, session string, number uint64, at time.Time, fallback bool) (first bool, err error) {
	var marked, found bool
	err = s.write(ctx, "mark a page as handed over", func(ctx context.Context, tx *sql.Tx) (err error) {
		marked, err = changed(tx.ExecContext(ctx, `UPDATE telemetry_outbox SET handed_to_provider_at = $1, fallback = $2
			WHERE session = $3 AND number = $4 AND handed_to_provider_at IS NULL`, database.Stamp(at), fallback, session, number))
		if found = marked; err != nil {
			return err
		}
		if !fallback {
			found, err = changed(tx.ExecContext(ctx, "UPDATE telemetry_outbox SET workflow_paged_at = $1 WHERE session = $2 AND number = $3",
				database.Stamp(s.now()), session, number))
		} else if !marked {
			found, err = s.exists(ctx, tx, session, number)
		}
		return err
	})
	switch {
	case err != nil:
		return false, err
	case !found:
		return false, fmt.Errorf("telemetry store: transition %d of session %q: %w", number, session, ErrNotFound)
	}
	return marked, nil
}

func (s *Store) exists(ctx context.Context, tx *sql.Tx, session string, number uint64) (bool, error) {
	var count int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM telemetry_outbox WHERE session = $1 AND number = $2", session, number).Scan(&count)
	return count > 0, err
}

// Recall says that nobody is to be paged for a transition any more. The first time
// stays, and one that was handed over remains so.
func (s *Store) Recall(ctx context.Context, session string, number uint64) error {
	return s.write(ctx, "recall a page", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE telemetry_outbox SET recalled_at = $1
			WHERE session = $2 AND number = $3 AND recalled_at IS NULL AND handed_to_provider_at IS NULL`, database.Stamp(s.now()), session, number)
		return err
	})
}

// Overdue returns transitions of all sessions that somebody is to be paged for and
// no provider has taken after a time, the oldest first.
func (s *Store) Overdue(ctx context.Context, after time.Duration, limit int) ([]Entry, error) {
	return s.entries(ctx, "page_key <> '' AND handed_to_provider_at IS NULL AND recalled_at IS NULL AND created_at <= $1 ORDER BY created_at, session, number LIMIT $2",
		database.Stamp(s.now().Add(-after)), limit)
}

// Unsettled returns transitions of all sessions that were handed over, and for which
// nobody was paged past the workflow in a time: again, if the workflow never was heard
// from; if it was, since its silence began. Who waits longest comes first.
func (s *Store) Unsettled(ctx context.Context, again, silence time.Duration, limit int) ([]Entry, error) {
	const last = "COALESCE(paged_again_at, handed_to_provider_at)"
	return s.entries(ctx, "handed_to_provider_at IS NOT NULL AND settled_at IS NULL AND "+last+` <= $1
		AND (fallback AND workflow_paged_at IS NULL OR COALESCE(workflow_paged_at, handed_to_provider_at) <= $2)
		ORDER BY `+last+", session, number LIMIT $3",
		database.Stamp(s.now().Add(-again)), database.Stamp(s.now().Add(-silence)), limit)
}

// PagedAgain says that somebody was paged again past the workflow. When a page was
// taken first stays on record.
func (s *Store) PagedAgain(ctx context.Context, session string, number uint64) error {
	return s.write(ctx, "mark a page as made again", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE telemetry_outbox SET paged_again_at = $1 WHERE session = $2 AND number = $3 AND handed_to_provider_at IS NOT NULL",
			database.Stamp(s.now()), session, number)
		return err
	})
}

// Settle says that nobody is to be paged again past the workflow. The first time
// stays.
func (s *Store) Settle(ctx context.Context, session string, number uint64) error {
	return s.write(ctx, "settle a page", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE telemetry_outbox SET settled_at = $1 WHERE session = $2 AND number = $3 AND handed_to_provider_at IS NOT NULL AND settled_at IS NULL",
			database.Stamp(s.now()), session, number)
		return err
	})
}
