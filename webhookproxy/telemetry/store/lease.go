package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"guestjourney/internal/database"
)

// Lease makes its holder the owner of a session, as long as no later epoch is there.
type Lease struct {
	Session string
	Epoch   int64
	Until   time.Time // then others may take it
}

// Ownership is a lease with where the owner before stopped.
type Ownership struct {
	Lease
	Position   int64  // of the last batch that was taken into the checkpoint
	Checkpoint []byte // nil if there is none
	// Unreadable says why there is a checkpoint that cannot be used: rebuild without.
	Unreadable error
}

// Claimable returns sessions that have no owner and need one, by name: those that
// last, and those with transitions that are not delivered.
func (s *Store) Claimable(ctx context.Context) ([]string, error) {
	found, err := database.Query(ctx, s.db.Read, func(rows *sql.Rows) (session string, err error) {
		return session, rows.Scan(&session)
	}, `SELECT t.session FROM telemetry_session t LEFT JOIN telemetry_owner o ON o.session = t.session
		WHERE (o.lease_until IS NULL OR o.lease_until <= $1) AND (t.ended_at IS NULL OR EXISTS (
			SELECT 1 FROM telemetry_outbox x WHERE x.session = t.session AND x.delivered_at IS NULL))
		ORDER BY t.session`, database.Stamp(s.now()))
	return found, s.db.Fail("list sessions without an owner", err)
}

// Acquire makes the caller the owner if there is none, with the next epoch. ErrOwned:
// there is one, or no such session.
func (s *Store) Acquire(ctx context.Context, session string) (Ownership, error) {
	var got Ownership
	var owned bool
	var sealed []byte
	err := s.write(ctx, "become the owner of a session", func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		got = Ownership{Lease: Lease{Session: session, Until: now.Add(s.lease)}}
		err := tx.QueryRowContext(ctx, `INSERT INTO telemetry_owner (session, epoch, lease_until)
			SELECT session, 1, CAST($2 AS BIGINT) FROM telemetry_session WHERE session = $1
			ON CONFLICT (session) DO UPDATE SET epoch = telemetry_owner.epoch + 1, lease_until = excluded.lease_until
			WHERE telemetry_owner.lease_until <= $3 RETURNING epoch, position, checkpoint`,
			session, database.Stamp(got.Until), database.Stamp(now)).Scan(&got.Epoch, &got.Position, &sealed)
		if owned = noRow(err); owned {
			return nil
		}
		return err
	})
	if err == nil && owned {
		err = fmt.Errorf("telemetry store: session %q: %w until its lease ends, or was never given a device", session, ErrOwned)
	}
	if err != nil {
		return Ownership{}, err
	}
	if sealed != nil {
		got.Checkpoint, got.Unreadable = s.open(ofCheckpoint, place("session", session), sealed)
	}
	return got, nil
}

// Renew extends a lease. ErrLeaseLost: another owner took the session over.
func (s *Store) Renew(ctx context.Context, lease Lease) (Lease, error) {
	return s.commit(ctx, "extend a lease", lease, func(ctx context.Context, tx *sql.Tx, until time.Time) (bool, error) {
		return changed(tx.ExecContext(ctx, "UPDATE telemetry_owner SET lease_until = $1 WHERE session = $2 AND epoch = $3",
			database.Stamp(until), lease.Session, lease.Epoch))
	})
}

// Release ends a lease, so that another process can take the session over at once.
// One that was lost is no error.
func (s *Store) Release(ctx context.Context, lease Lease) error {
	return s.write(ctx, "end a lease", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE telemetry_owner SET lease_until = 0 WHERE session = $1 AND epoch = $2", lease.Session, lease.Epoch)
		return err
	})
}

// commit runs what only the owner may: held says whether the epoch was the present
// one, and if it was not, nothing was written.
func (s *Store) commit(ctx context.Context, doing string, lease Lease, run func(ctx context.Context, tx *sql.Tx, until time.Time) (held bool, err error)) (Lease, error) {
	var held bool
	var until time.Time
	err := s.write(ctx, doing, func(ctx context.Context, tx *sql.Tx) (err error) {
		until = s.now().Add(s.lease)
		held, err = run(ctx, tx, until)
		return err
	})
	switch {
	case err != nil:
		return lease, err
	case !held:
		return lease, fmt.Errorf("telemetry store: session %q: %w: another process has taken it over from epoch %d; stop watching it here", lease.Session, ErrLeaseLost, lease.Epoch)
	}
	lease.Until = until
	return lease, nil
}

// changed says whether a statement found its row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
