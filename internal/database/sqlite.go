package database

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// lockPatience is how long a statement waits for another process, such as
	// the CLI, before the file counts as locked.
	lockPatience = 5 * time.Second
	// PageSize is SQLite's default, in bytes; MaxBytes is counted in pages.
	PageSize = 4096
	// walLimit is what is left of the -wal file after a burst, in bytes.
	walLimit = 64 << 20
	// readers bounds the connections that only read.
	readers = 4
)

// openSQLite opens a file with one connection that writes and a few that read.
// SQLite takes one writer at a time anyway; in WAL mode it does not wait for
// readers, nor they for it.
func openSQLite(ctx context.Context, config Config) (*DB, error) {
	d := &DB{config: config, place: config.Path}
	if err := makeFile(config.Path); err != nil {
		return nil, fmt.Errorf("%w: %s: %w; this user must be able to write the file and its folder (%s)", ErrUnavailable, config.Path, err, config.PathVariable)
	}
	var err error
	if d.Write, err = openFile(config, false); err != nil {
		return nil, d.Fail("open", err)
	}
	d.Write.SetMaxOpenConns(1)
	if d.Read, err = openFile(config, true); err != nil {
		_ = d.Write.Close()
		return nil, d.Fail("open", err)
	}
	d.Read.SetMaxOpenConns(readers)
	d.Read.SetMaxIdleConns(readers)
	if err := d.migrateFile(ctx); err != nil {
		_ = d.Close()
		return nil, d.Fail("bring tables up to date", err)
	}
	return d, nil
}

// migrateFile tries again because goose knows no lock for SQLite: of two
// programs that open a new file at once, the second finds tables that it did
// not see a moment before, and sees them with the next try.
func (d *DB) migrateFile(ctx context.Context) error {
	var err error
	for range 5 {
		if err = d.migrate(ctx, goose.DialectSQLite3, "sqlite"); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// makeFile makes the folder and the file for this user alone: SQLite would make
// it readable for all, and gives its -wal the same mode. The folder is synced,
// so that the file is still there after a power cut.
func makeFile(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	parent, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer parent.Close() //nolint:errcheck // read only
	return parent.Sync()
}

func openFile(config Config, readOnly bool) (*sql.DB, error) {
	absolute, err := filepath.Abs(config.Path)
	if err != nil {
		return nil, err
	}
	query := url.Values{
		"_busy_timeout": {strconv.FormatInt(lockPatience.Milliseconds(), 10)},
		"_journal_mode": {"WAL"},
		// FULL syncs the -wal at every commit; NORMAL would lose the last ones in
		// a power cut, after their senders were answered.
		"_synchronous": {"FULL"},
		// A transaction that begins by reading could not become a writer later
		// if another process wrote in between.
		"_txlock": {"immediate"},
		"_pragma": {fmt.Sprintf("journal_size_limit(%d)", walLimit)},
	}
	if config.MaxBytes > 0 {
		query.Add("_pragma", fmt.Sprintf("max_page_count(%d)", max(1, config.MaxBytes/PageSize)))
	}
	if readOnly {
		query.Set("_query_only", "true")
	}
	name := url.URL{Scheme: "file", Path: absolute, RawQuery: query.Encode()}
	return sql.Open("sqlite", name.String())
}
