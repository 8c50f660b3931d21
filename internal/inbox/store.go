package inbox

import (
	"context"
	"embed"
	"errors"
	"time"

	"guestjourney/internal/codec"
	"guestjourney/internal/database"
)

// Store is the inbox. It is safe for concurrent use. Every error wraps
// ErrUnavailable if the database is the cause; a call that was given up by its
// context may or may not have been carried out, which repeating it puts right.
type Store interface {
	// Add stores events; it returns when they are committed. Element i says
	// whether events[i] is new; a known key stores nothing. All are stored or,
	// with an error, none.
	Add(ctx context.Context, events []Event) (added []bool, err error)

	// Due leases up to limit events whose time has come at now, the longest due
	// first: of each workflow the earliest waiting one, and none of a workflow
	// that has one out already. Leases may come together with an error, which
	// then names events that could not be unsealed; they were put off by a
	// minute and stay.
	Due(ctx context.Context, now time.Time, limit int) ([]Lease, error)

	// Done removes an event that Temporal has taken and keeps its key until
	// seenUntil. It works, and may be repeated, after the lease has ended.
	Done(ctx context.Context, lease Lease, seenUntil time.Time) error

	// Defer gives an event back, and with it the workflow's queue, until a time.
	// The reason is a code word. ErrLeaseLost: someone else has it meanwhile.
	Defer(ctx context.Context, lease Lease, until time.Time, reason string) error

	// Bury makes an event a dead letter, so that the next of its workflow can
	// go. The reason is a code word. ErrLeaseLost as with Defer.
	Bury(ctx context.Context, lease Lease, reason string) error

	// Revive makes a dead letter wait again, due now, behind what waits already
	// with an earlier event time. A requestID other than "" replaces the
	// event's, so that Temporal does not take it for a repeat. ErrNotFound: no
	// dead letter has this key.
	Revive(ctx context.Context, key Key, requestID string) error

	// Pending says whether events of the workflow wait here, so that a later one
	// must be added behind them. If this process has put none there, it answers
	// from memory. With an error the answer is true.
	Pending(ctx context.Context, workflowID string) (bool, error)

	// Remember keeps keys of events that never were in the inbox. A later expiry
	// wins over an earlier one.
	Remember(ctx context.Context, seen []Seen) error

	// Known returns which of the keys are held or seen and not expired.
	Known(ctx context.Context, keys []Key) (map[Key]bool, error)

	// List returns entries in the order of arrival, without payloads.
	List(ctx context.Context, filter Filter) ([]Entry, error)

	// Get returns one entry with its payload. ErrNotFound if there is none; an
	// error that wraps codec.ErrUnknownKey if the key ring cannot open it.
	Get(ctx context.Context, key Key) (Entry, error)

	// Purge removes dead letters received before a time, and expired keys.
	// Waiting events are never purged.
	Purge(ctx context.Context, before time.Time) (Purged, error)

	// Stats counts what is held, for metrics and the CLI.
	Stats(ctx context.Context) (Stats, error)

	// Check writes and commits something, for /readyz.
	Check(ctx context.Context) error

	// Close finishes the writes under way and closes the database. Calls after
	// it fail with ErrUnavailable.
	Close() error
}

// DefaultLease is how long a leased event is left to its proxy.
const DefaultLease = time.Minute

// Config says where the inbox is and how it seals.
type Config struct {
	// Path is the SQLite file (INBOX_PATH); it and its folder are made.
	Path string
	// URL is a PostgreSQL URL (DATABASE_URL). If set, Path is not used.
	URL string
	// Password replaces the URL's, and is asked at every new connection; nil
	// leaves the URL as it is.
	Password database.Password
	// Codec seals the payloads. It must return errors, not panic.
	Codec *codec.Codec
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Lease is longer than any attempt takes; 0 means DefaultLease.
	Lease time.Duration
	// Alone: no other process adds events or keys here, nor leases any. So a new
	// key is known to be new without asking the database, and leases that are
	// found are those of a process that has ended: they end with the first Due.
	Alone bool
	// MaxBytes bounds the SQLite file; 0 means the disk does.
	MaxBytes int64
}

//go:embed migrations
var migrations embed.FS

// Open opens the inbox and brings its tables up to date. Close it after use.
func Open(ctx context.Context, config Config) (Store, error) {
	if config.Codec == nil {
		return nil, errors.New("inbox: no codec: set PAYLOAD_KEYS")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Lease == 0 {
		config.Lease = DefaultLease
	}
	db, err := database.Open(ctx, database.Config{
		Name: "inbox", Path: config.Path, PathVariable: "INBOX_PATH", URL: config.URL, Password: config.Password,
		MaxBytes: config.MaxBytes, Migrations: migrations,
	})
	if err != nil {
		return nil, err
	}
	return start(ctx, config, db)
}
