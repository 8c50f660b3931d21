package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// connections bounds those of one proxy: one writes, the others read.
const connections = 5

func openPostgres(ctx context.Context, address string, password Password) (*engine, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// The parser's own words may quote the password.
		return nil, errors.New("inbox: DATABASE_URL: want a URL such as postgres://user:password@host:5432/database?sslmode=verify-full")
	}
	db := sql.OpenDB(connector(config, password))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	e := &engine{
		place: fmt.Sprintf("PostgreSQL %s:%d/%s", config.Host, config.Port, config.Database),
		write: db, read: db,
		lock: " FOR UPDATE", lockFree: " FOR UPDATE SKIP LOCKED",
	}
	if err := e.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, e.fail("open", err)
	}
	return e, nil
}

// prepare brings the tables up to date under an advisory lock: several proxies
// start at once after an upgrade.
func (e *engine) prepare(ctx context.Context) error {
	var synchronous string
	if err := e.read.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&synchronous); err != nil {
		return err
	}
	if synchronous == "off" {
		return errors.New("synchronous_commit is off, so a commit may be lost: turn it on for this user (ALTER ROLE … SET synchronous_commit = on)")
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	return e.migrate(ctx, goose.DialectPostgres, "postgres", goose.WithSessionLocker(locker))
}
