package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Password is the database's, which may be replaced while it is open; see
// internal/secrets.
type Password interface {
	// Current returns the one in force.
	Current(ctx context.Context) (string, error)
	// Renewed returns the one in force after the database has refused one.
	Renewed(ctx context.Context, refused string) (string, error)
}

// HasPassword says whether a URL names one itself, which then stands.
func HasPassword(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.User == nil {
		return false
	}
	_, has := parsed.User.Password()
	return has
}

// connector opens connections with the password of that moment.
func connector(config *pgx.ConnConfig, password Password) driver.Connector {
	if password == nil {
		return stdlib.GetConnector(*config)
	}
	return &renewing{config: config, password: password}
}

type renewing struct {
	config   *pgx.ConnConfig
	password Password
}

// Driver is pgx.
func (r *renewing) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// Connect tries once more if another password is in force than the one that was
// refused. Connections that are open go on with the old one.
func (r *renewing) Connect(ctx context.Context) (driver.Conn, error) {
	password, err := r.password.Current(ctx)
	if err != nil {
		return nil, err
	}
	connection, err := r.connect(ctx, password)
	if !isPasswordRefused(err) {
		return connection, err
	}
	renewed, unread := r.password.Renewed(ctx, password)
	if unread != nil {
		return nil, errors.Join(err, unread)
	}
	if renewed == password {
		return nil, err
	}
	return r.connect(ctx, renewed)
}

func (r *renewing) connect(ctx context.Context, password string) (driver.Conn, error) {
	config := r.config.Copy()
	config.Password = password
	return stdlib.GetConnector(*config).Connect(ctx)
}

// isPasswordRefused: 28P01 is invalid_password.
func isPasswordRefused(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "28P01"
}
