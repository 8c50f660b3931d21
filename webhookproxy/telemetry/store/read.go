package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"guestjourney/internal/database"
	"guestjourney/webhookproxy/telemetry/reading"
)

// Stored is a batch as it is kept, without its ECG.
type Stored struct {
	Position int64 // grows in the session in the order of arrival; not without holes
	Received
	// Unreadable says why Batch has only its device and number: the key ring lacks
	// the key, or the row was changed.
	Unreadable error
}

// Tail returns batches of a session behind a position in their order, at most a
// number of them: to follow it, and page by page for all of it (from 0).
func (s *Store) Tail(ctx context.Context, session string, after int64, limit int) ([]Stored, error) {
	return s.batches(ctx, "WHERE session = $1 AND position > $2 ORDER BY position LIMIT $3", session, after, limit)
}

// Range returns the batches of a session that were received from one time until
// before another, in their order.
func (s *Store) Range(ctx context.Context, session string, from, to time.Time) ([]Stored, error) {
	return s.batches(ctx, "WHERE session = $1 AND received_at >= $2 AND received_at < $3 ORDER BY position",
		session, database.Stamp(from), database.Stamp(to))
}

func (s *Store) batches(ctx context.Context, where string, arguments ...any) ([]Stored, error) {
	found, err := database.Query(ctx, s.db.Read, s.scanBatch, "SELECT position, device, sequence, received_at, payload FROM telemetry_batch "+where, arguments...)
	return found, s.db.Fail("read readings", err)
}

func (s *Store) scanBatch(rows *sql.Rows) (Stored, error) {
	var one Stored
	var name reading.Identity
	var received int64
	var sealed []byte
	if err := rows.Scan(&one.Position, &name.Device, &name.Sequence, &received, &sealed); err != nil {
		return one, err
	}
	one.At = database.Moment(received)
	text, err := s.open(ofBatch, place(name.Device, name.Sequence), sealed)
	if err == nil && json.Unmarshal(text, &one.Batch) != nil {
		err = fmt.Errorf("telemetry store: %s %s is no batch of this version", ofBatch, place(name.Device, name.Sequence))
	}
	if err != nil {
		one.Unreadable = err
		one.Batch = reading.Batch{Device: name.Device, Sequence: name.Sequence}
	}
	return one, nil
}

// Gap is a run of sequence numbers that did not come while a session had the device.
type Gap struct {
	Device string
	reading.Gap
	FoundAt time.Time
}

// Gaps returns those of a session in the order in which they were found.
func (s *Store) Gaps(ctx context.Context, session string) ([]Gap, error) {
	found, err := database.Query(ctx, s.db.Read, func(rows *sql.Rows) (gap Gap, err error) {
		var at int64
		err = rows.Scan(&gap.Device, &gap.From, &gap.To, &at)
		gap.FoundAt = database.Moment(at)
		return gap, err
	}, "SELECT device, from_sequence, to_sequence, found_at FROM telemetry_gap WHERE session = $1 ORDER BY found_at, device, from_sequence", session)
	return found, s.db.Fail("read gaps", err)
}
