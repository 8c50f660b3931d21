package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"guestjourney/internal/database"
)

// Settings say how a session is watched. They are sealed.
type Settings struct {
	Room string `json:"room"` // a short label, as pages say it
	// Protocol is the detector's, in JSON; empty means its defaults.
	Protocol json.RawMessage `json:"protocol,omitempty"`
	// QTcBaseline is the guest's own in ms; 0 is none.
	QTcBaseline float64 `json:"qtcBaseline,omitempty"`
}

// Session is what is kept of one beside its readings.
type Session struct {
	Name    string
	EndedAt time.Time // zero while it lasts
	Settings
	// Unreadable says why there are no Settings.
	Unreadable error
}

// Session returns one, whether it lasts or not. ErrNotFound: there is none of that
// name.
func (s *Store) Session(ctx context.Context, name string) (Session, error) {
	found, err := database.Query(ctx, s.db.Read, func(rows *sql.Rows) (Session, error) {
		one := Session{Name: name}
		var ended sql.NullInt64
		var sealed []byte
		err := rows.Scan(&ended, &sealed)
		one.EndedAt = momentOr(ended)
		one.Settings, one.Unreadable = s.openSettings(name, sealed)
		return one, err
	}, "SELECT ended_at, settings FROM telemetry_session WHERE session = $1", name)
	if err == nil && len(found) == 0 {
		return Session{}, fmt.Errorf("telemetry store: session %q: %w", name, ErrNotFound)
	}
	return first(found), s.db.Fail("read a session", err)
}

// keepSettings keeps those of the last assignment: one that is repeated late does not
// undo a later one.
func keepSettings(ctx context.Context, tx *sql.Tx, of Assignment, sealed []byte) error {
	_, err := tx.ExecContext(ctx, `UPDATE telemetry_session SET settings = $1 WHERE session = $2
		AND NOT EXISTS (SELECT 1 FROM telemetry_assignment a WHERE a.session = $2 AND a.since > $3)`,
		sealed, of.Session, database.Stamp(of.Since))
	return err
}

func (s *Store) scanWithSettings(rows *sql.Rows) (one Assignment, err error) {
	var since int64
	var sealed []byte
	err = rows.Scan(&one.Device, &one.Session, &since, &sealed)
	one.Since = database.Moment(since)
	one.Settings, one.Unreadable = s.openSettings(one.Session, sealed)
	return one, err
}

func (s *Store) sealSettings(session string, settings Settings) ([]byte, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("telemetry store: write the settings of session %s: %w", session, err)
	}
	return s.seal(ofSettings, place("session", session), text)
}

// openSettings of a session that never had any are the zero value.
func (s *Store) openSettings(session string, sealed []byte) (settings Settings, err error) {
	if sealed == nil {
		return settings, nil
	}
	text, err := s.open(ofSettings, place("session", session), sealed)
	if err == nil && json.Unmarshal(text, &settings) != nil {
		err = fmt.Errorf("telemetry store: the settings of session %s are none of this version", session)
	}
	return settings, err
}
