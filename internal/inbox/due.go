package inbox

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"guestjourney/internal/database"
)

// unsealPause is how long an event waits that this program cannot unseal: a key
// comes with a new rollout, so there is no hurry.
const unsealPause = time.Minute

func (s *store) Due(ctx context.Context, now time.Time, limit int) ([]Lease, error) {
	var out []leased
	taken := &job{Run: func(ctx context.Context, tx *sql.Tx) (err error) {
		if s.inherits {
			if err := endLeases(ctx, tx, now); err != nil {
				return err
			}
		}
		out, err = s.take(ctx, tx, now, limit)
		return err
	}}
	taken.After = func() {
		s.inherits = false
		s.held.has(workflowsOf(out))
	}
	if err := s.writer.Submit(ctx, "lease events that are due", taken); err != nil {
		return nil, err
	}
	return s.unsealAll(ctx, now, out)
}

// endLeases gives back what a process before this one had in its hands when it
// ended. Not when the inbox is opened: a disk that is full must not keep the
// proxy from starting.
func endLeases(ctx context.Context, tx *sql.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE inbox_queue SET next_at = $1, lease_token = '' WHERE lease_token <> ''", database.Stamp(now))
	return err
}

// leased is a lease whose payload is still sealed.
type leased struct {
	Lease
	sealed []byte
}

func workflowsOf(out []leased) []string {
	ids := make([]string, len(out))
	for i, one := range out {
		ids[i] = one.WorkflowID
	}
	return ids
}

// take leases queues, then reads their heads. In this order, because whoever
// had a queue before may have removed its head until it was locked here.
func (s *store) take(ctx context.Context, tx *sql.Tx, now time.Time, limit int) ([]leased, error) {
	ids, err := dueQueues(ctx, tx, now, limit, s.db.LockFree)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	out, err := heads(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	token, until := uuid.NewString(), now.Add(s.lease)
	sequences := make([]any, len(out))
	for i := range out {
		out[i].token, out[i].Until = token, until
		out[i].NextAttempt, out[i].Leased = until, true
		out[i].Attempts++
		sequences[i] = out[i].Sequence
	}
	_, err = tx.ExecContext(ctx, "UPDATE inbox_queue SET next_at = $1, lease_token = $2 WHERE workflow_id IN ("+database.List(3, len(ids))+")",
		append([]any{database.Stamp(until), token}, ids...)...)
	if err != nil {
		return nil, err
	}
	// Counted when it is given out, so that an event that kills its proxy shows it.
	_, err = tx.ExecContext(ctx, "UPDATE inbox_event SET attempts = attempts + 1 WHERE sequence IN ("+database.List(1, len(sequences))+")", sequences...)
	return out, err
}

func dueQueues(ctx context.Context, tx *sql.Tx, now time.Time, limit int, lock string) (ids []any, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT workflow_id FROM inbox_queue WHERE next_at <= $1 ORDER BY next_at, workflow_id LIMIT $2"+lock, database.Stamp(now), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// heads reads the earliest waiting event of each queue, the longest due first.
func heads(ctx context.Context, tx *sql.Tx, ids []any) (out []leased, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+entryColumns+", e.payload FROM inbox_queue q JOIN inbox_event e ON e.sequence = ("+
		"SELECT b.sequence FROM inbox_event b WHERE b.workflow_id = q.workflow_id AND b.state = 'waiting'"+
		" ORDER BY b.event_time, b.sequence LIMIT 1) WHERE q.workflow_id IN ("+database.List(1, len(ids))+") ORDER BY q.next_at, q.workflow_id", ids...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	for rows.Next() {
		var one leased
		if err := scanEntry(rows, &one.Entry, &one.sealed); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// unsealAll opens what was leased. What cannot be opened goes back: it must not
// hold up the others, and must not be taken for an empty event.
func (s *store) unsealAll(ctx context.Context, now time.Time, out []leased) ([]Lease, error) {
	leases := make([]Lease, 0, len(out))
	var failed []error
	for _, one := range out {
		plain, err := s.unseal(one.Key, one.sealed)
		if err != nil {
			failed = append(failed, err, s.Defer(ctx, one.Lease, now.Add(unsealPause), sealReason(err)))
			continue
		}
		one.Payload = plain
		leases = append(leases, one.Lease)
	}
	return leases, errors.Join(failed...)
}
