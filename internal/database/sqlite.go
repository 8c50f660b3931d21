package inbox

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
	// pageSize is SQLite's default; MaxBytes is counted in pages.
	pageSize = 4096
	// walLimit is what is left of the -wal file after a burst, in bytes.
	walLimit = 64 << 20
	// readers bounds the connections of List, Known, Pending and their like.
	readers = 4
)

// openSQLite opens a file with one connection that writes and a few that read.
// SQLite takes one writer at a time anyway; in WAL mode it does not wait for
// readers, nor they for it.
func openSQLite(ctx context.Context, path string, maxBytes int64) (*engine, error) {
	e := &engine{place: path}
	if err := makeFile(path); err != nil {
		return nil, fmt.Errorf("%w: %s: %w; this user must be able to write the file and its folder (INBOX_PATH)", ErrUnavailable, path, err)
	}
	var err error
	if e.write, err = openFile(path, maxBytes, false); err != nil {
		return nil, e.fail("open", err)
	}
	e.write.SetMaxOpenConns(1)
	if e.read, err = openFile(path, maxBytes, true); err != nil {
		_ = e.write.Close()
		return nil, e.fail("open", err)
	}
	e.read.SetMaxOpenConns(readers)
	e.read.SetMaxIdleConns(readers)
	if err := e.migrateFile(ctx); err != nil {
		_ = e.close()
		return nil, e.fail("bring tables up to date", err)
	}
	return e, nil
}

// migrateFile tries again because goose knows no lock for SQLite: of two
// programs that open a new file at once, the second finds tables that it did
// not see a moment before, and sees them with the next try.
func (e *engine) migrateFile(ctx context.Context) error {
	var err error
	for range 5 {
		if err = e.migrate(ctx, goose.DialectSQLite3, "sqlite"); err == nil || ctx.Err() != nil {
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

func openFile(path string, maxBytes int64, readOnly bool) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
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
	if maxBytes > 0 {
		query.Add("_pragma", fmt.Sprintf("max_page_count(%d)", max(1, maxBytes/pageSize)))
	}
	if readOnly {
		query.Set("_query_only", "true")
	}
	name := url.URL{Scheme: "file", Path: absolute, RawQuery: query.Encode()}
	return sql.Open("sqlite", name.String())
}
