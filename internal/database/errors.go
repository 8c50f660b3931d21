package inbox

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

var (
	// ErrUnavailable is wrapped if the database cannot take or give anything
	// now: full, locked, damaged, out of reach or closed.
	ErrUnavailable = errors.New("inbox is unavailable")
	// ErrNotFound is wrapped if no event in the inbox has the key.
	ErrNotFound = errors.New("not in the inbox")
	// ErrLeaseLost is wrapped if a lease ended and someone else took the queue.
	ErrLeaseLost = errors.New("lease lost")
)

// fail says what was tried, what the database answered and what to do about it.
// Texts of the drivers hold no values: neither SQLite's messages nor the
// primary message of PostgreSQL quotes a parameter.
func (e *engine) fail(doing string, err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrLeaseLost) {
		return err
	}
	remedy := remedy(err)
	if remedy == "" {
		return fmt.Errorf("inbox %s: %s: %w", e.place, doing, err)
	}
	return fmt.Errorf("%w: %s: %s: %w; %s", ErrUnavailable, e.place, doing, err, remedy)
}

// remedy is what to do, or "" if the database is not the cause.
func remedy(err error) string {
	var file *sqlite.Error
	var server *pgconn.PgError
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &file):
		return fileRemedy(file.Code())
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
func fileRemedy(code int) string {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return "the disk or the file's limit is full: free space there, raise the limit or move INBOX_PATH"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another process holds the file: find it with `fuser`, and let one proxy use a file; several share a PostgreSQL (DATABASE_URL)"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "the file is damaged or no inbox: stop the proxy, move the file with its -wal and -shm aside, save what `sqlite3 FILE .recover` can read, and start with a new file"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "this user must be able to write the file and its folder (INBOX_PATH)"
	case sqlite3.SQLITE_IOERR:
		return "the disk fails or a limit is reached: look at `df`, `ulimit -f` and the kernel's log, or move INBOX_PATH"
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
