package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// connections bounds those of one process: one writes, the others read.
const connections = 5

func openPostgres(ctx context.Context, config Config) (*DB, error) {
	server, err := pgx.ParseConfig(config.URL)
	if err != nil {
		// The parser's own words may quote the password.
		return nil, fmt.Errorf("%s: DATABASE_URL: want a URL such as postgres://user:password@host:5432/database?sslmode=verify-full", config.Name)
	}
	db := sql.OpenDB(connector(server, config.Password))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	d := &DB{
		config: config,
		place:  fmt.Sprintf("PostgreSQL %s:%d/%s", server.Host, server.Port, server.Database),
		Write:  db, Read: db,
		Lock: " FOR UPDATE", LockFree: " FOR UPDATE SKIP LOCKED",
	}
	if err := d.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, d.Fail("open", err)
	}
	return d, nil
}

// prepare brings the tables up to date under an advisory lock: several processes
// start at once after an upgrade.
func (d *DB) prepare(ctx context.Context) error {
	var synchronous string
	if err := d.Read.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&synchronous); err != nil {
		return err
	}
	if synchronous == "off" {
		return errors.New("synchronous_commit is off, so a commit may be lost: turn it on for this user (ALTER ROLE … SET synchronous_commit = on)")
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	return d.migrate(ctx, goose.DialectPostgres, "postgres", goose.WithSessionLocker(locker))
}
