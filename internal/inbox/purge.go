package inbox

import (
	"context"
	"database/sql"
	"time"

	"guestjourney/internal/database"
)

const (
	// purgeStep bounds the rows that one transaction removes, so that webhooks
	// do not wait for a purge.
	purgeStep = 500
	// purgedSeen is how long the key of a purged dead letter stays known: a
	// purge by hand must not let a sender's repeat in. The longest time that any
	// scheme needs.
	purgedSeen = 30 * 24 * time.Hour
)

// Purged counts what Purge removed.
type Purged struct {
	Dead int // dead letters
	Keys int // expired keys
}

func (s *store) Purge(ctx context.Context, before time.Time) (Purged, error) {
	var total Purged
	for {
		var step Purged
		purge := &job{Run: func(ctx context.Context, tx *sql.Tx) (err error) {
			if step.Dead, err = s.purgeDead(ctx, tx, before); err != nil {
				return err
			}
			step.Keys, err = s.purgeKeys(ctx, tx)
			return err
		}}
		if err := s.writer.Submit(ctx, "purge", purge); err != nil {
			return total, err
		}
		total.Dead += step.Dead
		total.Keys += step.Keys
		if step.Dead < purgeStep && step.Keys < purgeStep {
			return total, s.tidyMemory(ctx)
		}
	}
}

// purgeDead asks for the state twice: the letter may be revived by another
// process between the inner look and the removal.
func (s *store) purgeDead(ctx context.Context, tx *sql.Tx, before time.Time) (int, error) {
	keys, err := queryKeys(ctx, tx, "DELETE FROM inbox_event WHERE state = 'dead' AND sequence IN ("+
		"SELECT sequence FROM inbox_event WHERE state = 'dead' AND received_at < $1 ORDER BY received_at LIMIT $2) RETURNING event_key",
		database.Stamp(before), purgeStep)
	if err != nil {
		return 0, err
	}
	return len(keys), expire(ctx, tx, keys, s.now().Add(purgedSeen))
}

func (s *store) purgeKeys(ctx context.Context, tx *sql.Tx) (int, error) {
	now := database.Stamp(s.now())
	result, err := tx.ExecContext(ctx, "DELETE FROM inbox_seen WHERE expires <= $1 AND event_key IN ("+
		"SELECT event_key FROM inbox_seen WHERE expires <= $1 LIMIT $2)", now, purgeStep)
	if err != nil {
		return 0, err
	}
	gone, err := result.RowsAffected()
	return int(gone), err
}

// tidyMemory drops workflows whose events another proxy has finished.
func (s *store) tidyMemory(ctx context.Context) error {
	mark := s.held.mark()
	ids, err := s.queues(ctx)
	if err != nil {
		return s.db.Fail("read what is held", err)
	}
	s.held.forgetOthers(ids, mark)
	return nil
}
