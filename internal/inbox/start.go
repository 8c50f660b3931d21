package inbox

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"
	"time"

	"guestjourney/internal/codec"
	"guestjourney/internal/database"
)

// store is the one implementation; the database is SQLite or PostgreSQL.
type store struct {
	db     *database.DB
	writer *database.Writer[*row]
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

func start(ctx context.Context, config Config, db *database.DB) (*store, error) {
	s := &store{db: db, held: newMemory(), codec: config.Codec, now: config.Now, lease: config.Lease, inherits: config.Alone}
	ids, err := s.queues(ctx)
	if err != nil {
		_ = db.Close()
		return nil, db.Fail("read what is held", err)
	}
	s.held.has(slices.Collect(maps.Keys(ids)))
	if config.Alone {
		if err := s.loadFilter(ctx); err != nil {
			_ = db.Close()
			return nil, db.Fail("read the known keys", err)
		}
	}
	s.writer = database.NewWriter(db, s.insert)
	return s, nil
}

func (s *store) Close() (err error) {
	s.once.Do(func() {
		s.writer.Close()
		err = s.db.Fail("close", s.db.Close())
	})
	return err
}

// queryKeys reads a column of keys.
func queryKeys(ctx context.Context, from database.Querier, query string, arguments ...any) ([]Key, error) {
	return database.Query(ctx, from, func(rows *sql.Rows) (Key, error) {
		var raw []byte
		err := rows.Scan(&raw)
		var key Key
		copy(key[:], raw)
		return key, err
	}, query, arguments...)
}
