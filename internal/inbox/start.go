package inbox

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"
	"time"

	"guestjourney/internal/codec"
)

// store is the one implementation; the engine makes it SQLite or PostgreSQL.
type store struct {
	engine *engine
	writer *writer
	held   *memory
	filter *filter // nil if others add keys as well
	codec  *codec.Codec
	now    func() time.Time
	lease  time.Duration
	once   sync.Once
	// inherits: leases of a process before this one may be there, which nobody
	// will end. The writer's alone.
	inherits bool
}

func start(ctx context.Context, config Config, e *engine) (*store, error) {
	s := &store{engine: e, held: newMemory(), codec: config.Codec, now: config.Now, lease: config.Lease, inherits: config.Alone}
	ids, err := s.queues(ctx)
	if err != nil {
		_ = e.close()
		return nil, e.fail("read what is held", err)
	}
	s.held.has(slices.Collect(maps.Keys(ids)))
	if config.Alone {
		if err := s.loadFilter(ctx); err != nil {
			_ = e.close()
			return nil, e.fail("read the known keys", err)
		}
	}
	s.writer = newWriter(e, config.Now)
	return s, nil
}

func (s *store) Close() (err error) {
	s.once.Do(func() {
		s.writer.close()
		err = s.engine.fail("close", s.engine.close())
	})
	return err
}

// querier is a transaction or the database.
type querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

// queryKeys reads a column of keys.
func queryKeys(ctx context.Context, from querier, query string, arguments ...any) (keys []Key, err error) {
	rows, err := from.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		var key Key
		copy(key[:], raw)
		keys = append(keys, key)
	}
	return keys, rows.Err()
}
