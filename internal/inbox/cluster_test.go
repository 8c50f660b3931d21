package inbox_test

import (
	"testing"

	"guestjourney/internal/postgrestest"
)

// postgresql starts one with "fsync=on" or "fsync=off".
func postgresql(t testing.TB, fsync string) *postgrestest.Cluster {
	t.Helper()
	return postgrestest.Start(t, postgrestest.Settings{User: "inbox", Options: []string{fsync, "max_connections=60", "deadlock_timeout=100ms"}})
}
