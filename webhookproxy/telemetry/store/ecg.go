package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"guestjourney/internal/database"
	"guestjourney/webhookproxy/telemetry/ecg"
	"guestjourney/webhookproxy/telemetry/reading"
)

// part is the ECG of one batch and minute, or, joined, of all batches of the minute.
type part struct {
	id     int64
	device string
	minute int64 // since 1970
	sealed []byte
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// parts packs the strips of a batch by the minute in which they begin.
func (s *Store) parts(batch reading.Batch) ([]part, error) {
	byMinute := map[int64][]reading.Strip{}
	for _, strip := range batch.ECG {
		byMinute[minuteOf(strip.At)] = append(byMinute[minuteOf(strip.At)], strip)
	}
	var all []part
	for minute, strips := range byMinute {
		one, err := s.pack(batch.Device, minute, strips)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *Store) pack(device string, minute int64, strips []reading.Strip) (part, error) {
	sealed, err := s.seal(ofECG, place(device, minute), ecg.Pack(strips))
	return part{device: device, minute: minute, sealed: sealed}, err
}

func (s *Store) unpack(one part) ([]reading.Strip, error) {
	packed, err := s.open(ofECG, place(one.device, one.minute), one.sealed)
	if err != nil {
		return nil, err
	}
	return ecg.Unpack(packed)
}

// insertECG adds the strips of new batches.
func insertECG(ctx context.Context, tx *sql.Tx, rows []*arriving) error {
	var arguments []any
	for _, row := range rows {
		if row.outcome.Likeness != reading.Different {
			continue
		}
		for _, one := range row.ecg {
			arguments = append(arguments, row.outcome.Session, one.device, one.minute, false, one.sealed)
		}
	}
	const width = 5
	for chunk := range slices.Chunk(arguments, width*database.PerStatement) {
		_, err := tx.ExecContext(ctx, "INSERT INTO telemetry_ecg (session, device, minute, joined, strips) VALUES "+
			database.Parameters(len(chunk)/width, width), chunk...)
		if err != nil {
			return err
		}
	}
	return nil
}

// ECG returns the strips of a session that have units between two times of the
// monitor's clock, whole, by lead and time. With an error, which names what cannot be
// opened, come the others.
func (s *Store) ECG(ctx context.Context, session string, from, to time.Time) ([]reading.Strip, error) {
	first := minuteOf(from.Add(-2 * reading.BackfillSpan)) // a strip that begins in a minute may run on through the next
	parts, err := database.Query(ctx, s.db.Read, scanPart,
		partColumns+" WHERE session = $1 AND minute >= $2 AND minute <= $3 ORDER BY id", session, first, minuteOf(to))
	if err != nil {
		return nil, s.db.Fail("read ECG", err)
	}
	var strips []reading.Strip
	var failed []error
	for _, one := range parts {
		unpacked, err := s.unpack(one)
		strips, failed = append(strips, unpacked...), append(failed, err)
	}
	strips = slices.DeleteFunc(strips, func(strip reading.Strip) bool { return !strip.At.Before(to) || !ecg.End(strip).After(from) })
	return ecg.Join(strips), errors.Join(failed...)
}

// ECGMinutes returns the minutes, by the monitor's clock, in which strips of a session
// begin, oldest first: whoever reads all of its ECG reads it piece by piece. A strip
// may run on through the next minute.
func (s *Store) ECGMinutes(ctx context.Context, session string) ([]time.Time, error) {
	minutes, err := database.Query(ctx, s.db.Read, func(rows *sql.Rows) (time.Time, error) {
		var minute int64
		err := rows.Scan(&minute)
		return time.Unix(minute*60, 0).UTC(), err
	}, "SELECT DISTINCT minute FROM telemetry_ecg WHERE session = $1 ORDER BY minute", session)
	return minutes, s.db.Fail("read minutes of ECG", err)
}

// TailECG returns the strips of a session that came behind a row, 0 for all, and begin
// in the minute of a time or later, as they came; and the last row. It is for who
// looks every second, and is much less work than ECG. A row is good while the parts
// of its minute are not joined: after a pause, begin with 0 again. With an error,
// which names what cannot be opened, come the others.
func (s *Store) TailECG(ctx context.Context, session string, after int64, from time.Time) (strips []reading.Strip, last int64, err error) {
	parts, err := database.Query(ctx, s.db.Read, scanPart,
		partColumns+" WHERE session = $1 AND minute >= $2 AND id > $3 AND NOT joined ORDER BY id", session, minuteOf(from), after)
	if err != nil {
		return nil, after, s.db.Fail("follow ECG", err)
	}
	var failed []error
	for _, one := range parts {
		unpacked, err := s.unpack(one)
		strips, failed, after = append(strips, unpacked...), append(failed, err), one.id
	}
	return strips, after, errors.Join(failed...)
}

const partColumns = "SELECT id, device, minute, strips FROM telemetry_ecg"

func scanPart(rows *sql.Rows) (one part, err error) {
	return one, rows.Scan(&one.id, &one.device, &one.minute, &one.sealed)
}

// JoinECG makes one row of the parts of each minute that ended before a time, and
// returns how many minutes. Any process may call it, a minute or two behind: parts
// that come later make it join that minute once more. Two that join the same minute
// at the same instant may leave a row each, which is read like one.
func (s *Store) JoinECG(ctx context.Context, before time.Time) (joined int, err error) {
	for {
		var more bool
		err := s.write(ctx, "join ECG by the minute", func(ctx context.Context, tx *sql.Tx) (err error) {
			more, err = s.joinOne(ctx, tx, minuteOf(before))
			return err
		})
		if err != nil || !more {
			return joined, err
		}
		joined++
	}
}

// joinOne joins the earliest minute that is not. What cannot be opened stays as it is,
// and is not looked at again.
func (s *Store) joinOne(ctx context.Context, tx *sql.Tx, before int64) (bool, error) {
	var session, device string
	var minute int64
	err := tx.QueryRowContext(ctx, "SELECT session, device, minute FROM telemetry_ecg WHERE NOT joined AND minute < $1 ORDER BY minute LIMIT 1",
		before).Scan(&session, &device, &minute)
	if noRow(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	parts, err := database.Query(ctx, tx, scanPart, partColumns+" WHERE session = $1 AND device = $2 AND minute = $3 ORDER BY id"+s.db.Lock, session, device, minute)
	if err != nil || len(parts) == 0 {
		return true, err // none: another process has just joined them
	}
	return true, s.joinParts(ctx, tx, session, parts)
}

// joinParts replaces these very rows: more may have come for the minute.
func (s *Store) joinParts(ctx context.Context, tx *sql.Tx, session string, parts []part) error {
	var strips []reading.Strip
	ids := make([]any, len(parts))
	var unreadable error
	for i, one := range parts {
		unpacked, err := s.unpack(one)
		strips, ids[i], unreadable = append(strips, unpacked...), one.id, errors.Join(unreadable, err)
	}
	these := " WHERE id IN (" + database.List(1, len(ids)) + ")"
	if unreadable != nil {
		_, err := tx.ExecContext(ctx, "UPDATE telemetry_ecg SET joined = TRUE"+these, ids...)
		return err
	}
	whole, err := s.pack(parts[0].device, parts[0].minute, ecg.Join(strips))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM telemetry_ecg"+these, ids...); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO telemetry_ecg (session, device, minute, joined, strips) VALUES ($1, $2, $3, TRUE, $4)",
		session, whole.device, whole.minute, whole.sealed)
	return err
}
