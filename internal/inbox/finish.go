package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guestjourney/internal/database"
)

func (s *store) Done(ctx context.Context, lease Lease, seenUntil time.Time) error {
	var emptied bool
	finish := s.finishing(lease, &emptied, func(ctx context.Context, tx *sql.Tx) (err error) {
		// The key before the queue, as Add does, so that the two do not wait for each other.
		if err := expire(ctx, tx, []Key{lease.Key}, seenUntil); err != nil {
			return err
		}
		if err := s.lockQueue(ctx, tx, lease.WorkflowID); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM inbox_event WHERE event_key = $1", lease.Key[:]); err != nil {
			return err
		}
		emptied, err = s.release(ctx, tx, lease)
		return err
	})
	return s.writer.Submit(ctx, "remove an event that is done", finish)
}

func (s *store) Bury(ctx context.Context, lease Lease, reason string) error {
	return s.giveBack(ctx, "make an event a dead letter", lease, reason, func(ctx context.Context, tx *sql.Tx) (emptied bool, err error) {
		_, err = tx.ExecContext(ctx, "UPDATE inbox_event SET state = 'dead', last_error = $1 WHERE sequence = $2", reason, lease.Sequence)
		if err != nil {
			return false, err
		}
		return s.release(ctx, tx, lease)
	})
}

func (s *store) Defer(ctx context.Context, lease Lease, until time.Time, reason string) error {
	return s.giveBack(ctx, "put an event off", lease, reason, func(ctx context.Context, tx *sql.Tx) (bool, error) {
		_, err := tx.ExecContext(ctx, "UPDATE inbox_event SET last_error = $1 WHERE sequence = $2", reason, lease.Sequence)
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE inbox_queue SET next_at = $1, lease_token = '' WHERE workflow_id = $2", database.Stamp(until), lease.WorkflowID)
		}
		return false, err
	})
}

// giveBack ends a lease that holds. If an earlier holder has finished the event
// meanwhile, this one's word about it counts no more: the next event is due now.
func (s *store) giveBack(ctx context.Context, doing string, lease Lease, reason string, end func(context.Context, *sql.Tx) (emptied bool, err error)) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	var lost, emptied bool
	give := s.finishing(lease, &emptied, func(ctx context.Context, tx *sql.Tx) (err error) {
		if lost, err = s.leaseLost(ctx, tx, lease); err != nil || lost {
			return err
		}
		var present int
		err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM inbox_event WHERE sequence = $1", lease.Sequence).Scan(&present)
		if err != nil {
			return err
		}
		if lost = present == 0; lost {
			emptied, err = s.release(ctx, tx, lease)
			return err
		}
		emptied, err = end(ctx, tx)
		return err
	})
	if err := s.writer.Submit(ctx, doing, give); err != nil || !lost {
		return err
	}
	return fmt.Errorf("inbox: event %s: %w: it was finished or is out again; raise the lease if attempts take longer", lease.Key, ErrLeaseLost)
}

// finishing is a job after which the queue may be empty. Nothing can be added
// between commit and after: both happen in the writer.
func (s *store) finishing(lease Lease, emptied *bool, run func(context.Context, *sql.Tx) error) *job {
	again := func(ctx context.Context, tx *sql.Tx) error {
		*emptied = false // of a run that was not committed
		return run(ctx, tx)
	}
	return &job{Run: again, After: func() {
		if *emptied {
			_, _, mark := s.held.look(lease.WorkflowID)
			s.held.forget(lease.WorkflowID, mark)
		}
	}}
}

// lockQueue keeps other proxies from adding to the queue or leasing it until
// the transaction ends. In SQLite the transaction does that by itself.
func (s *store) lockQueue(ctx context.Context, tx *sql.Tx, workflowID string) error {
	if s.db.Lock == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT 1 FROM inbox_queue WHERE workflow_id = $1"+s.db.Lock, workflowID)
	return err
}

// leaseLost locks the queue and looks whether it is still leased to this lease.
// One that has ended is good as long as nobody else took the queue.
func (s *store) leaseLost(ctx context.Context, tx *sql.Tx, lease Lease) (bool, error) {
	var token string
	err := tx.QueryRowContext(ctx, "SELECT lease_token FROM inbox_queue WHERE workflow_id = $1"+s.db.Lock, lease.WorkflowID).Scan(&token)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return err == nil && (token != lease.token || token == ""), err
}

// release makes the next event of the queue due, or removes an empty queue.
func (s *store) release(ctx context.Context, tx *sql.Tx, lease Lease) (emptied bool, err error) {
	result, err := tx.ExecContext(ctx, "DELETE FROM inbox_queue WHERE workflow_id = $1 AND NOT EXISTS ("+
		"SELECT 1 FROM inbox_event b WHERE b.workflow_id = inbox_queue.workflow_id AND b.state = 'waiting')", lease.WorkflowID)
	if err != nil {
		return false, err
	}
	gone, err := result.RowsAffected()
	if err != nil || gone > 0 {
		return gone > 0, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE inbox_queue SET next_at = $1, lease_token = '' WHERE workflow_id = $2 AND lease_token = $3",
		database.Stamp(s.now()), lease.WorkflowID, lease.token)
	return false, err
}
