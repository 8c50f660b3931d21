package inbox

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"time"

	"guestjourney/internal/database"
)

// rememberStep bounds the keys of one transaction, so that webhooks do not wait for
// a long list.
const rememberStep = 512

func (s *store) Remember(ctx context.Context, seen []Seen) error {
	latest := map[Key]time.Time{}
	for _, one := range seen {
		if one.Until.After(latest[one.Key]) {
			latest[one.Key] = one.Until
		}
	}
	sorted := make([]Seen, 0, len(latest))
	for key, until := range latest {
		sorted = append(sorted, Seen{key, until})
	}
	for _, one := range sorted {
		s.filter.add(one.Key)
	}
	slices.SortFunc(sorted, func(a, b Seen) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for part := range slices.Chunk(sorted, rememberStep) {
		remember := &job{Run: func(ctx context.Context, tx *sql.Tx) error { return remember(ctx, tx, part) }}
		if err := s.writer.Submit(ctx, "remember seen events", remember); err != nil {
			return err
		}
	}
	return nil
}

func remember(ctx context.Context, tx *sql.Tx, seen []Seen) error {
	for chunk := range slices.Chunk(seen, database.PerStatement) {
		arguments := make([]any, 0, 2*len(chunk))
		for _, one := range chunk {
			arguments = append(arguments, bytes.Clone(one.Key[:]), database.Stamp(one.Until))
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO inbox_seen (event_key, expires) VALUES "+database.Parameters(len(chunk), 2)+
			" ON CONFLICT (event_key) DO UPDATE SET expires = excluded.expires WHERE inbox_seen.expires < excluded.expires", arguments...)
		if err != nil {
			return err
		}
	}
	return nil
}

// expire lets keys of events that leave the inbox expire at a time.
func expire(ctx context.Context, tx *sql.Tx, keys []Key, at time.Time) error {
	for _, key := range keys {
		_, err := tx.ExecContext(ctx, "INSERT INTO inbox_seen (event_key, expires) VALUES ($1, $2)"+
			" ON CONFLICT (event_key) DO UPDATE SET expires = excluded.expires", key[:], database.Stamp(at))
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *store) Known(ctx context.Context, keys []Key) (map[Key]bool, error) {
	if s.filter.new(keys) {
		return nil, nil
	}
	known := make(map[Key]bool, len(keys))
	now := database.Stamp(s.now())
	for chunk := range slices.Chunk(keys, database.PerStatement) {
		arguments := []any{now}
		for _, key := range chunk {
			arguments = append(arguments, bytes.Clone(key[:]))
		}
		found, err := queryKeys(ctx, s.db.Read, "SELECT event_key FROM inbox_seen WHERE expires > $1 AND event_key IN ("+database.List(2, len(chunk))+")", arguments...)
		if err != nil {
			return nil, s.db.Fail("look for known events", err)
		}
		for _, key := range found {
			known[key] = true
		}
	}
	return known, nil
}
