package inbox

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrationTable is goose's own; its usual name may be taken in a database that
// is shared.
const migrationTable = "inbox_migration"

// engine is one of the two databases. The statements are the same for both; what
// differs is how it is opened and how a row is locked.
type engine struct {
	place       string  // what errors call it; without a password
	write, read *sql.DB // the same one in PostgreSQL
	lock        string  // appended to a SELECT: wait for the row and keep it
	lockFree    string  // the same, but leave out rows that others keep
}

func openEngine(ctx context.Context, config Config) (*engine, error) {
	if config.URL != "" {
		return openPostgres(ctx, config.URL, config.Password)
	}
	if config.Path == "" {
		return nil, errors.New("inbox: neither INBOX_PATH nor DATABASE_URL is set")
	}
	return openSQLite(ctx, config.Path, config.MaxBytes)
}

func (e *engine) migrate(ctx context.Context, dialect goose.Dialect, folder string, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return err
	}
	options = append(options, goose.WithTableName(migrationTable), goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, e.write, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func (e *engine) close() error {
	if e.read == e.write {
		return e.write.Close()
	}
	return errors.Join(e.read.Close(), e.write.Close())
}

// transaction runs work in one; an error of work or of the commit leaves nothing.
func (e *engine) transaction(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := e.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that tells
		return err
	}
	return tx.Commit()
}

// parameters writes "($1, $2), ($3, $4)" for rows of a width.
func parameters(rows, width int) string {
	var text []byte
	for row := range rows {
		if row > 0 {
			text = append(text, ", "...)
		}
		text = append(text, '(')
		text = append(text, list(row*width+1, width)...)
		text = append(text, ')')
	}
	return string(text)
}

// list writes "$3, $4, $5" for a first number and a count.
func list(first, count int) string {
	var text []byte
	for i := range count {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = fmt.Appendf(text, "$%d", first+i)
	}
	return string(text)
}
