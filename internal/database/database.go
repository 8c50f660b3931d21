package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// Config says where a store is and what it is.
type Config struct {
	// Name is what errors call the store, such as "inbox". Goose's own table is
	// called after it, since several stores may share a database.
	Name string
	// Path is the SQLite file; it and its folder are made.
	Path string
	// PathVariable is the environment variable that Path comes from.
	PathVariable string
	// URL is a PostgreSQL URL (DATABASE_URL). If set, Path is not used.
	URL string
	// Password replaces the URL's, and is asked at every new connection; nil
	// leaves the URL as it is.
	Password Password
	// MaxBytes bounds the SQLite file; 0 means the disk does.
	MaxBytes int64
	// Migrations has goose's files in migrations/sqlite and migrations/postgres.
	Migrations fs.FS
}

// DB is one of the two databases. The statements are the same for both; what
// differs is how it is opened and how a row is locked.
type DB struct {
	Write, Read *sql.DB // the same one in PostgreSQL
	Lock        string  // appended to a SELECT: wait for the row and keep it
	LockFree    string  // the same, but leave out rows that others keep

	config Config
	place  string // what errors call it; without a password
}

// Open opens a database and brings its tables up to date. Close it after use.
func Open(ctx context.Context, config Config) (*DB, error) {
	if config.URL != "" {
		return openPostgres(ctx, config)
	}
	if config.Path == "" {
		return nil, fmt.Errorf("%s: neither %s nor DATABASE_URL is set", config.Name, config.PathVariable)
	}
	return openSQLite(ctx, config)
}

func (d *DB) migrate(ctx context.Context, dialect goose.Dialect, folder string, options ...goose.ProviderOption) error {
	files, err := fs.Sub(d.config.Migrations, "migrations/"+folder)
	if err != nil {
		return err
	}
	options = append(options, goose.WithTableName(d.config.Name+"_migration"), goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, d.Write, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Close closes all connections. Calls after it fail with ErrUnavailable.
func (d *DB) Close() error {
	if d.Read == d.Write {
		return d.Write.Close()
	}
	return errors.Join(d.Read.Close(), d.Write.Close())
}

// transaction runs work in one; an error of work or of the commit leaves nothing.
func (d *DB) transaction(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := d.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that tells
		return err
	}
	return tx.Commit()
}

// Stamp is a time as it is stored: microseconds since 1970.
func Stamp(t time.Time) int64 { return t.UnixMicro() }

// Moment reads what Stamp wrote.
func Moment(stamp int64) time.Time { return time.UnixMicro(stamp).UTC() }
