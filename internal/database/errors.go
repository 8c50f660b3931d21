package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrUnavailable is wrapped if the database cannot take or give anything now:
// full, locked, damaged, out of reach or closed.
var ErrUnavailable = errors.New("the database is unavailable")

// Fail says what was tried, what the database answered and what to do about it.
// Texts of the drivers hold no values: neither SQLite's messages nor the
// primary message of PostgreSQL quotes a parameter.
func (d *DB) Fail(doing string, err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	remedy := d.remedy(err)
	if remedy == "" {
		return fmt.Errorf("%s %s: %s: %w", d.config.Name, d.place, doing, err)
	}
	return fmt.Errorf("%w: %s %s: %s: %w; %s", ErrUnavailable, d.config.Name, d.place, doing, err, remedy)
}

// remedy is what to do, or "" if the database is not the cause.
func (d *DB) remedy(err error) string {
	var file *sqlite.Error
	var server *pgconn.PgError
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &file):
		return d.fileRemedy(file.Code())
	case errors.As(err, &server):
		return serverRemedy(server.Code)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "the database did not answer in time; it may or may not be written, and may be repeated"
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), pgconn.SafeToRetry(err):
		return "check that PostgreSQL runs and that DATABASE_URL is right"
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, io.ErrUnexpectedEOF), strings.HasSuffix(err.Error(), "conn closed"):
		return "the connection broke; it is made anew with the next call"
	case strings.HasSuffix(err.Error(), "sql: database is closed"): // database/sql does not export it
		return "it was closed; the program is stopping"
	}
	return ""
}

// fileRemedy goes by SQLite's primary result code, the low byte.
func (d *DB) fileRemedy(code int) string {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return "the disk or the file's limit is full: free space there, raise the limit or move " + d.config.PathVariable
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another process holds the file: find it with `fuser`, and let one process use a file; several share a PostgreSQL (DATABASE_URL)"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "the file is damaged or no " + d.config.Name + ": stop the program, move the file with its -wal and -shm aside, save what `sqlite3 FILE .recover` can read, and start with a new file"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "this user must be able to write the file and its folder (" + d.config.PathVariable + ")"
	case sqlite3.SQLITE_IOERR:
		return "the disk fails or a limit is reached: look at `df`, `ulimit -f` and the kernel's log, or move " + d.config.PathVariable
	case sqlite3.SQLITE_INTERRUPT:
		return "the database did not answer in time; it may be repeated"
	}
	return ""
}

// serverRemedy goes by the classes of PostgreSQL's error codes.
func serverRemedy(code string) string {
	if len(code) < 2 {
		return ""
	}
	switch code[:2] {
	case "08", "57":
		return "check that PostgreSQL runs and accepts connections (DATABASE_URL)"
	case "28", "3D":
		return "check user, password and database in DATABASE_URL"
	case "53":
		return "PostgreSQL has no disk space, memory or connections left: free some"
	case "25":
		return "the server is read-only: DATABASE_URL must name the primary"
	case "40", "55":
		return "other transactions were in the way; it may be repeated"
	case "58", "XX":
		return "PostgreSQL has a fault of its own: look at its log"
	}
	return ""
}
