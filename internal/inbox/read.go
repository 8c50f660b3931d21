package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"guestjourney/internal/database"
)

// Filter chooses what List returns. Zero fields choose everything.
type Filter struct {
	State      State
	Provider   string
	WorkflowID string
	After      int64 // only entries with a greater Sequence: the next page
	Limit      int   // 0 means DefaultLimit
}

// DefaultLimit is how many entries List returns if it is not told.
const DefaultLimit = 100

const entryColumns = "e.sequence, e.event_key, e.request_id, e.provider, e.account, e.event_type, e.workflow_id," +
	" e.event_time, e.received_at, e.attempts, e.state, e.last_error, q.next_at, q.lease_token"

const entryTables = " FROM inbox_event e LEFT JOIN inbox_queue q ON q.workflow_id = e.workflow_id AND e.state = 'waiting'"

// scanEntry reads entryColumns and what follows them.
func scanEntry(rows *sql.Rows, entry *Entry, more ...any) error {
	var key []byte
	var state string
	var happened, received int64
	var next sql.NullInt64
	var token sql.NullString
	into := []any{
		&entry.Sequence, &key, &entry.RequestID, &entry.Provider, &entry.Account, &entry.Type, &entry.WorkflowID,
		&happened, &received, &entry.Attempts, &state, &entry.Reason, &next, &token,
	}
	if err := rows.Scan(append(into, more...)...); err != nil {
		return err
	}
	copy(entry.Key[:], key)
	entry.EventTime, entry.ReceivedAt, entry.State = database.Moment(happened), database.Moment(received), State(state)
	if next.Valid {
		entry.NextAttempt, entry.Leased = database.Moment(next.Int64), token.String != ""
	}
	return nil
}

func (s *store) List(ctx context.Context, filter Filter) ([]Entry, error) {
	if filter.Limit <= 0 {
		filter.Limit = DefaultLimit
	}
	where, arguments := " WHERE e.sequence > $1", []any{filter.After}
	for _, one := range []struct{ column, value string }{
		{"e.state", string(filter.State)}, {"e.provider", filter.Provider}, {"e.workflow_id", filter.WorkflowID},
	} {
		if one.value != "" {
			arguments = append(arguments, one.value)
			where += " AND " + one.column + " = " + database.List(len(arguments), 1)
		}
	}
	arguments = append(arguments, filter.Limit)
	entries, err := s.entries(ctx, where+" ORDER BY e.sequence LIMIT "+database.List(len(arguments), 1), arguments...)
	return entries, s.db.Fail("list events", err)
}

func (s *store) entries(ctx context.Context, where string, arguments ...any) (entries []Entry, err error) {
	rows, err := s.db.Read.QueryContext(ctx, "SELECT "+entryColumns+entryTables+where, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	for rows.Next() {
		var entry Entry
		if err := scanEntry(rows, &entry); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return slices.Clip(entries), rows.Err()
}

func (s *store) Get(ctx context.Context, key Key) (Entry, error) {
	entry, sealed, err := s.get(ctx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return entry, fmt.Errorf("inbox: event %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return entry, s.db.Fail("read an event", err)
	}
	entry.Payload, err = s.unseal(key, sealed)
	return entry, err
}

func (s *store) get(ctx context.Context, key Key) (entry Entry, sealed []byte, err error) {
	rows, err := s.db.Read.QueryContext(ctx, "SELECT "+entryColumns+", e.payload"+entryTables+" WHERE e.event_key = $1", key[:])
	if err != nil {
		return entry, nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	if !rows.Next() {
		return entry, nil, errors.Join(rows.Err(), sql.ErrNoRows)
	}
	err = scanEntry(rows, &entry, &sealed)
	return entry, sealed, err
}
