package postgrestest

import (
	"database/sql"
	"fmt"
	"net/url"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"
)

// URL is that of the superuser, for the database "postgres".
func (c *Cluster) URL() string {
	address := url.URL{Scheme: "postgres", Host: "127.0.0.1:" + c.Port, Path: "/postgres", RawQuery: "sslmode=disable"}
	address.User = url.User(c.settings.User)
	if c.settings.Password != "" {
		address.User = url.UserPassword(c.settings.User, c.settings.Password)
	}
	return address.String()
}

// Schema returns a URL whose tables are nobody else's.
func (c *Cluster) Schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("schema_%d", c.schemas.Add(1))
	db, err := sql.Open("pgx", c.URL())
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // a test's
	_, err = db.ExecContext(t.Context(), "CREATE SCHEMA "+name)
	require.NoError(t, err)
	return c.URL() + "&search_path=" + name
}
