package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guestjourney/internal/database"
)

func (s *store) Revive(ctx context.Context, key Key, requestID string) error {
	if err := checkText(key, "RequestID", requestID); err != nil {
		return err
	}
	var workflowID string
	var found error
	revive := &job{Run: func(ctx context.Context, tx *sql.Tx) error {
		workflowID, found = "", nil
		err := tx.QueryRowContext(ctx, "SELECT workflow_id FROM inbox_event WHERE event_key = $1 AND state = 'dead'"+s.db.Lock, key[:]).Scan(&workflowID)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			found = fmt.Errorf("inbox: no dead letter %s: %w", key, ErrNotFound)
			return nil
		case err != nil:
			return err
		case workflowID == "":
			found = fmt.Errorf("inbox: event %s names no workflow, so it cannot wait for one: read it, then purge it", key)
			return nil
		}
		return s.requeue(ctx, tx, key, requestID, workflowID)
	}}
	revive.After = func() {
		if found == nil {
			s.held.has([]string{workflowID})
		}
	}
	if err := s.writer.Submit(ctx, "revive a dead letter", revive); err != nil {
		return err
	}
	return found
}

func (s *store) requeue(ctx context.Context, tx *sql.Tx, key Key, requestID, workflowID string) error {
	_, err := tx.ExecContext(ctx, "UPDATE inbox_event SET state = 'waiting', attempts = 0,"+
		" request_id = CASE WHEN $1 = '' THEN request_id ELSE $1 END WHERE event_key = $2", requestID, key[:])
	if err != nil {
		return err
	}
	return openQueues(ctx, tx, map[string]int64{workflowID: database.Stamp(s.now())})
}
