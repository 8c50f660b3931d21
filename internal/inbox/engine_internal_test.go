package inbox

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A power cut cannot be tested here; that SQLite is told to survive one can.
func TestSQLiteSyncsEveryCommit(t *testing.T) {
	e, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "inbox.db"), 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.close()) }()
	var synchronous, wait int
	var journal string
	require.NoError(t, e.write.QueryRow("PRAGMA synchronous").Scan(&synchronous))
	require.NoError(t, e.write.QueryRow("PRAGMA journal_mode").Scan(&journal))
	require.NoError(t, e.write.QueryRow("PRAGMA busy_timeout").Scan(&wait))
	require.Equal(t, 2, synchronous, "FULL")
	require.Equal(t, "wal", journal)
	require.Equal(t, int(lockPatience.Milliseconds()), wait)

	_, err = e.read.Exec("DELETE FROM inbox_seen")
	require.Error(t, err, "readers do not write")
}
