package inbox_test

import (
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/postgrestest"
)

// cluster is a PostgreSQL of the test's own, with a schema for each store.
type cluster struct {
	url   string // without a schema
	count atomic.Int32
}

// postgresql starts one with "fsync=on" or "fsync=off".
func postgresql(t testing.TB, fsync string) *cluster {
	t.Helper()
	started := postgrestest.Start(t, postgrestest.Settings{User: "inbox", Options: []string{fsync, "max_connections=60", "deadlock_timeout=100ms"}})
	return &cluster{url: "postgres://inbox@127.0.0.1:" + started.Port + "/postgres?sslmode=disable"}
}

// schema returns a URL whose tables are nobody else's.
func (c *cluster) schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("inbox_%d", c.count.Add(1))
	db, err := sql.Open("pgx", c.url)
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // a test's
	_, err = db.Exec("CREATE SCHEMA " + name)
	require.NoError(t, err)
	return c.url + "&search_path=" + name
}
