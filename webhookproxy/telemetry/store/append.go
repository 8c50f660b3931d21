package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"guestjourney/internal/database"
	"guestjourney/webhookproxy/telemetry/reading"
)

// Received is a batch as it came in.
type Received struct {
	Batch reading.Batch
	At    time.Time // by this process's clock; zero means now. Kept to the microsecond
}

// of is the time that decides whose the batch is. What comes late is of when it was
// measured: the device may be another guest's by now.
func (r Received) of() time.Time {
	if r.Batch.Backfill && len(r.Batch.Samples) > 0 {
		return r.Batch.Samples[0].At
	}
	return r.At
}

// Outcome is what became of a batch.
type Outcome struct {
	// Session is the one it was added to. Unassigned: its device has none.
	Session string
	// Likeness is that to the batch which was there before under its device and
	// sequence number: Different if there was none and it was added, Same if it was
	// there already, Conflicting if another was, which stays.
	Likeness reading.Likeness
}

// arriving is a batch on its way in.
type arriving struct {
	Received
	identity reading.Identity
	sealed   []byte
	ecg      []part

	position int64
	outcome  Outcome
}

// Weight implements database.Row.
func (a *arriving) Weight() int {
	bytes := len(a.sealed)
	for _, part := range a.ecg {
		bytes += len(part.sealed)
	}
	return bytes
}

// Append adds batches; it returns when they are committed. Element i of the outcomes
// is that of received[i]. All are stored or, with an error, none.
func (s *Store) Append(ctx context.Context, received ...Received) ([]Outcome, error) {
	if len(received) == 0 {
		return nil, nil
	}
	rows := make([]*arriving, len(received))
	for i, one := range received {
		row, err := s.arrive(one)
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	if err := s.writer.Submit(ctx, "add readings", &job{Rows: rows}); err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(rows))
	for i, row := range rows {
		outcomes[i] = row.outcome
	}
	return outcomes, nil
}

// arrive seals in the caller's goroutine: the writer is to write only. ECG is kept
// beside the rest, which is read far more often.
func (s *Store) arrive(received Received) (*arriving, error) {
	if received.At.IsZero() {
		received.At = s.now()
	}
	identity, err := reading.Identify(received.Batch)
	if err != nil {
		return nil, err
	}
	ecg, err := s.parts(received.Batch)
	if err != nil {
		return nil, err
	}
	received.Batch.ECG = nil
	text, err := reading.Encode(received.Batch)
	if err != nil {
		return nil, err
	}
	sealed, err := s.seal(ofBatch, place(identity.Device, identity.Sequence), text)
	return &arriving{Received: received, identity: identity, sealed: sealed, ecg: ecg}, err
}

// insert puts in what nobody had before.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, rows []*arriving) error {
	if len(rows) == 0 {
		return nil
	}
	for _, row := range rows {
		assignment, err := assigned(ctx, tx, row.identity.Device, row.of())
		if err != nil {
			return err
		}
		row.outcome = Outcome{Session: assignment.Session, Likeness: reading.Same}
	}
	if err := number(ctx, tx, rows); err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, database.PerStatement) {
		if err := insertBatches(ctx, tx, chunk); err != nil {
			return err
		}
	}
	if err := insertECG(ctx, tx, rows); err != nil {
		return err
	}
	return compare(ctx, tx, rows)
}

// number gives the rows the next positions of their sessions, which stay locked until
// the commit: another process waits, in the order of their names. A repetition wastes
// its position.
func number(ctx context.Context, tx *sql.Tx, rows []*arriving) error {
	counts := map[string]int64{}
	for _, row := range rows {
		counts[row.outcome.Session]++
	}
	next := map[string]int64{}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(counts)), database.PerStatement) {
		arguments := make([]any, 0, 2*len(chunk))
		for _, session := range chunk {
			arguments = append(arguments, session, counts[session])
		}
		_, err := database.Query(ctx, tx, func(rows *sql.Rows) (string, error) {
			var session string
			var last int64
			err := rows.Scan(&session, &last)
			next[session] = last - counts[session] + 1
			return session, err
		}, "INSERT INTO telemetry_session (session, position) VALUES "+database.Parameters(len(chunk), 2)+
			" ON CONFLICT (session) DO UPDATE SET position = telemetry_session.position + excluded.position RETURNING session, position", arguments...)
		if err != nil {
			return err
		}
	}
	for _, row := range rows {
		row.position = next[row.outcome.Session]
		next[row.outcome.Session]++
	}
	return nil
}

// at is where a batch is.
type at struct {
	session  string
	position int64
}

// insertBatches lets the unique name decide which are new.
func insertBatches(ctx context.Context, tx *sql.Tx, rows []*arriving) error {
	arguments := make([]any, 0, 8*len(rows))
	byPlace := map[at]*arriving{}
	for _, row := range rows {
		arguments = append(arguments, row.outcome.Session, row.position, row.identity.Device, row.identity.Sequence,
			row.identity.Digest[:], database.Stamp(row.At), row.Batch.Backfill, row.sealed)
		byPlace[at{row.outcome.Session, row.position}] = row
	}
	added, err := database.Query(ctx, tx, func(rows *sql.Rows) (one at, err error) {
		err = rows.Scan(&one.session, &one.position)
		return one, err
	}, `INSERT INTO telemetry_batch (session, position, device, sequence, digest, received_at, late, payload) VALUES `+
		database.Parameters(len(rows), 8)+" ON CONFLICT (device, sequence) DO NOTHING RETURNING session, position", arguments...)
	for _, one := range added {
		byPlace[one].outcome.Likeness = reading.Different
	}
	return err
}

// compare says of those that are not new what is there in their place.
func compare(ctx context.Context, tx *sql.Tx, rows []*arriving) error {
	for _, row := range rows {
		if row.outcome.Likeness == reading.Different {
			continue
		}
		var digest []byte
		err := tx.QueryRowContext(ctx, "SELECT session, digest FROM telemetry_batch WHERE device = $1 AND sequence = $2",
			row.identity.Device, row.identity.Sequence).Scan(&row.outcome.Session, &digest)
		if errors.Is(err, sql.ErrNoRows) {
			continue // purged by another process this very moment: it was there
		}
		if err != nil {
			return err
		}
		if !bytes.Equal(digest, row.identity.Digest[:]) {
			row.outcome.Likeness = reading.Conflicting
		}
	}
	return nil
}
