package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"guestjourney/internal/database"
)

// Progress is what an owner has found since its last commit.
type Progress struct {
	Position    int64        // of the last batch that the checkpoint has seen
	Checkpoint  []byte       // the detector's; sealed before it is stored
	Transitions []Transition // to be delivered
	Gaps        []Gap
}

// Transition is a change of an alarm that must not be lost.
type Transition struct {
	Number  uint64 // in the session, from 1; names it for good
	Payload []byte // sealed before it is stored
	PageKey string // what the page is called everywhere; empty if nobody is paged
}

// Commit writes progress and extends the lease, all or nothing. ErrLeaseLost: another
// owner took the session over, and what this one found is for that one to find.
// ErrConflict: a number is another transition's; the same one again is no error, so a
// commit that was given up may be repeated.
func (s *Store) Commit(ctx context.Context, lease Lease, progress Progress) (Lease, error) {
	checkpoint, err := s.sealCheckpoint(lease.Session, progress.Checkpoint)
	if err != nil {
		return lease, err
	}
	sealed := make([][]byte, len(progress.Transitions))
	for i, one := range progress.Transitions {
		if sealed[i], err = s.seal(ofTransition, place(lease.Session, one.Number), one.Payload); err != nil {
			return lease, err
		}
	}
	return s.commit(ctx, "commit what an owner found", lease, func(ctx context.Context, tx *sql.Tx, until time.Time) (bool, error) {
		held, err := changed(tx.ExecContext(ctx,
			"UPDATE telemetry_owner SET position = $1, checkpoint = $2, lease_until = $3 WHERE session = $4 AND epoch = $5",
			progress.Position, checkpoint, database.Stamp(until), lease.Session, lease.Epoch))
		if err != nil || !held {
			return held, err
		}
		for i, one := range progress.Transitions {
			if err := s.putTransition(ctx, tx, lease.Session, one, sealed[i]); err != nil {
				return held, err
			}
		}
		return held, s.putGaps(ctx, tx, lease.Session, progress.Gaps)
	})
}

// sealCheckpoint leaves none as none.
func (s *Store) sealCheckpoint(session string, checkpoint []byte) (any, error) {
	if checkpoint == nil {
		return nil, nil
	}
	return s.seal(ofCheckpoint, place("session", session), checkpoint)
}

func (s *Store) putTransition(ctx context.Context, tx *sql.Tx, session string, one Transition, sealed []byte) error {
	added, err := changed(tx.ExecContext(ctx, "INSERT INTO telemetry_outbox (session, number, page_key, created_at, payload)"+
		" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session, number) DO NOTHING",
		session, one.Number, one.PageKey, database.Stamp(s.now()), sealed))
	if err != nil || added {
		return err
	}
	return s.sameTransition(ctx, tx, session, one)
}

func (s *Store) sameTransition(ctx context.Context, tx *sql.Tx, session string, one Transition) error {
	found, err := database.Query(ctx, tx, s.scanEntry, entries+"session = $1 AND number = $2", session, one.Number)
	if err != nil {
		return err
	}
	if there := first(found); there.PageKey != one.PageKey || !bytes.Equal(there.Payload, one.Payload) {
		return fmt.Errorf("transition %d of session %q: %w", one.Number, session, ErrConflict)
	}
	return nil
}

func (s *Store) putGaps(ctx context.Context, tx *sql.Tx, session string, gaps []Gap) error {
	for _, gap := range gaps {
		_, err := tx.ExecContext(ctx, "INSERT INTO telemetry_gap (session, device, from_sequence, to_sequence, found_at)"+
			" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session, device, from_sequence) DO NOTHING",
			session, gap.Device, gap.From, gap.To, database.Stamp(gap.FoundAt))
		if err != nil {
			return err
		}
	}
	return nil
}
