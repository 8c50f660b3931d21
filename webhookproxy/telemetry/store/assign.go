package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guestjourney/internal/database"
)

// Assignment says whose a device's batches are from a time on.
type Assignment struct {
	Device  string
	Session string // Unassigned: nobody's
	Since   time.Time
	// Settings say how the session is watched from now on; those of Unassigned are
	// not kept.
	Settings Settings
	// Unreadable says why there are no Settings: the key ring lacks the key, or the
	// row was changed.
	Unreadable error
}

// Assign records an assignment; any number of times is once. A session has one
// device: the one that it had until then is nobody's. It has the settings of its
// last assignment. ErrEnded: the session has ended, and nobody would watch it.
func (s *Store) Assign(ctx context.Context, next Assignment) error {
	settings, err := s.sealSettings(next.Session, next.Settings)
	if err != nil {
		return err
	}
	var ended bool
	err = s.write(ctx, "assign a device", func(ctx context.Context, tx *sql.Tx) (err error) {
		if next.Session == Unassigned {
			return assign(ctx, tx, next)
		}
		if ended, err = s.begin(ctx, tx, next.Session); err != nil || ended {
			return err
		}
		if err := withdraw(ctx, tx, next.Session, next.Device, next.Since); err != nil {
			return err
		}
		if err := assign(ctx, tx, next); err != nil {
			return err
		}
		return keepSettings(ctx, tx, next, settings)
	})
	if err == nil && ended {
		return fmt.Errorf("telemetry store: assign device %s to session %s: %w; start another session", next.Device, next.Session, ErrEnded)
	}
	return err
}

// End ends a session: it keeps no device, and no new owner is looked for once all its
// transitions are delivered. A second time changes nothing.
func (s *Store) End(ctx context.Context, session string, at time.Time) error {
	return s.write(ctx, "end a session", func(ctx context.Context, tx *sql.Tx) error {
		ended, err := s.begin(ctx, tx, session)
		if err != nil || ended {
			return err
		}
		if err := withdraw(ctx, tx, session, "", at); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE telemetry_session SET ended_at = $1 WHERE session = $2", database.Stamp(at), session)
		return err
	})
}

// begin makes and locks a session's row, and says whether the session has ended.
func (s *Store) begin(ctx context.Context, tx *sql.Tx, session string) (ended bool, err error) {
	var at sql.NullInt64
	err = tx.QueryRowContext(ctx, "INSERT INTO telemetry_session (session) VALUES ($1)"+
		" ON CONFLICT (session) DO UPDATE SET position = telemetry_session.position RETURNING ended_at", session).Scan(&at)
	return at.Valid, err
}

// withdraw takes a session's devices from it, except one.
func withdraw(ctx context.Context, tx *sql.Tx, session, except string, at time.Time) error {
	present, err := database.Query(ctx, tx, scanAssignment, presentAssignments+" AND a.session = $1", session)
	for _, one := range present {
		if err == nil && one.Device != except {
			err = assign(ctx, tx, Assignment{Device: one.Device, Since: at})
		}
	}
	return err
}

func assign(ctx context.Context, tx *sql.Tx, next Assignment) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO telemetry_assignment (device, since, session) VALUES ($1, $2, $3)"+
		" ON CONFLICT (device, since) DO UPDATE SET session = excluded.session", next.Device, database.Stamp(next.Since), next.Session)
	return err
}

const (
	assignments = "SELECT a.device, a.session, a.since FROM telemetry_assignment a WHERE "
	// present are the last ones of the devices.
	present            = "NOT EXISTS (SELECT 1 FROM telemetry_assignment b WHERE b.device = a.device AND b.since > a.since)"
	presentAssignments = assignments + present
	withSettings       = "SELECT a.device, a.session, a.since, t.settings FROM telemetry_assignment a" +
		" LEFT JOIN telemetry_session t ON t.session = a.session WHERE " + present
)

// scanAssignment reads the columns of both.
func scanAssignment(rows *sql.Rows) (one Assignment, err error) {
	var since int64
	err = rows.Scan(&one.Device, &one.Session, &since)
	one.Since = database.Moment(since)
	return one, err
}

// Assigned returns whose a device is at a time. A device that was never assigned is
// Unassigned since the zero time.
func (s *Store) Assigned(ctx context.Context, device string, at time.Time) (Assignment, error) {
	found, err := assigned(ctx, s.db.Read, device, at)
	return found, s.db.Fail("read an assignment", err)
}

func assigned(ctx context.Context, from database.Querier, device string, at time.Time) (Assignment, error) {
	found, err := database.Query(ctx, from, scanAssignment, assignments+"a.device = $1 AND a.since <= $2 ORDER BY a.since DESC LIMIT 1",
		device, database.Stamp(at))
	if err != nil || len(found) == 0 {
		return Assignment{Device: device}, err
	}
	return found[0], nil
}

// DeviceOf returns the assignment by which a session has its device now, for the
// detector and the view. ErrNotFound: it has none.
func (s *Store) DeviceOf(ctx context.Context, session string) (Assignment, error) {
	found, err := database.Query(ctx, s.db.Read, s.scanWithSettings, withSettings+" AND a.session = $1", session)
	if err == nil && len(found) == 0 {
		return Assignment{}, fmt.Errorf("telemetry store: device of session %s: %w; assign one", session, ErrNotFound)
	}
	return first(found), s.db.Fail("read an assignment", err)
}

func first[T any](all []T) (one T) {
	if len(all) > 0 {
		one = all[0]
	}
	return one
}

// Sessions returns the sessions that last and have a device, by their names.
func (s *Store) Sessions(ctx context.Context) ([]Assignment, error) {
	found, err := database.Query(ctx, s.db.Read, s.scanWithSettings, withSettings+" AND a.session <> '' ORDER BY a.session, a.device")
	return found, s.db.Fail("list sessions", err)
}

// WithoutDevice returns the sessions that last and have no device, by their names, as
// assignments of none: they are watched, though nothing can come.
func (s *Store) WithoutDevice(ctx context.Context) ([]Assignment, error) {
	found, err := database.Query(ctx, s.db.Read, s.scanWithSettings, `SELECT '', t.session, 0, t.settings FROM telemetry_session t
		WHERE t.ended_at IS NULL AND t.session <> '' AND NOT EXISTS (`+presentAssignments+` AND a.session = t.session) ORDER BY t.session`)
	return found, s.db.Fail("list sessions without a device", err)
}

// noRow says whether a query of one row found none.
func noRow(err error) bool { return errors.Is(err, sql.ErrNoRows) }
