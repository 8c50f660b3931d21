package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"sync"
	"time"

	"guestjourney/internal/codec"
	"guestjourney/internal/database"
)

var (
	// ErrUnavailable is wrapped if the database cannot take or give anything
	// now: full, locked, damaged, out of reach or closed.
	ErrUnavailable = database.ErrUnavailable
	// ErrNotFound is wrapped if there is nothing of that name.
	ErrNotFound = errors.New("not in the telemetry store")
	// ErrOwned is wrapped if another owner's lease has not ended.
	ErrOwned = errors.New("the session has an owner")
	// ErrLeaseLost is wrapped if another owner has taken the session over.
	ErrLeaseLost = errors.New("lease lost")
	// ErrConflict is wrapped if a transition's number stands for another one
	// already: the owner does not know what was told, and must rebuild.
	ErrConflict = errors.New("the number is another transition's")
	// ErrEnded is wrapped if a session has ended and cannot be given a device.
	ErrEnded = errors.New("the session has ended")
)

// DefaultLease is how long a session stays with an owner that says nothing: with it,
// the next one knows of a stale stream in 12 s.
const DefaultLease = 3 * time.Second

// Unassigned is the session of batches whose device has none. It is read and owned
// like any other.
const Unassigned = ""

// Store is safe for concurrent use. Every error wraps ErrUnavailable if the database
// is the cause; a call that was given up by its context may or may not have been
// carried out, which repeating it puts right.
type Store struct {
	db     *database.DB
	writer *database.Writer[*arriving]
	codec  *codec.Codec
	now    func() time.Time
	lease  time.Duration
	close  func() error
}

// Config says where the store is and how it seals.
type Config struct {
	// Path is the SQLite file (TELEMETRY_PATH); it and its folder are made.
	Path string
	// URL is a PostgreSQL URL (DATABASE_URL). If set, Path is not used.
	URL string
	// Password replaces the URL's; nil leaves it as it is.
	Password database.Password
	// Codec seals. It must return errors, not panic.
	Codec *codec.Codec
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Lease is how long an owner may say nothing; 0 means DefaultLease.
	Lease time.Duration
	// MaxBytes bounds the SQLite file; 0 means the disk does.
	MaxBytes int64
}

//go:embed migrations
var migrations embed.FS

// Open opens the store and brings its tables up to date. Close it after use.
func Open(ctx context.Context, config Config) (*Store, error) {
	if config.Codec == nil {
		return nil, errors.New("telemetry store: no codec: set PAYLOAD_KEYS")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Lease == 0 {
		config.Lease = DefaultLease
	}
	db, err := database.Open(ctx, database.Config{
		Name: "telemetry", Path: config.Path, PathVariable: "TELEMETRY_PATH", URL: config.URL, Password: config.Password,
		MaxBytes: config.MaxBytes, Migrations: migrations,
	})
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, codec: config.Codec, now: config.Now, lease: config.Lease}
	s.writer = database.NewWriter(db, s.insert)
	s.close = sync.OnceValue(func() error {
		s.writer.Close()
		return db.Fail("close", db.Close())
	})
	return s, nil
}

// Check says whether something can be written now.
func (s *Store) Check(ctx context.Context) error {
	return s.write(ctx, "check", func(context.Context, *sql.Tx) error { return nil })
}

// Close finishes the writes under way and closes the database. Calls after it fail
// with ErrUnavailable.
func (s *Store) Close() error { return s.close() }

// job is what one caller wants written.
type job = database.Job[*arriving]

// write runs in a transaction that is shared with other callers: run returns an
// error only if nothing of it may be written. With an error run may still be under
// way, so what it sets is read only without one.
func (s *Store) write(ctx context.Context, doing string, run func(context.Context, *sql.Tx) error) error {
	return s.writer.Submit(ctx, doing, &job{Run: run})
}
