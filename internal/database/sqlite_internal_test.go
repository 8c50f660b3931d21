package inbox

import (
	"database/sql"
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

// SQLite itself stays inside a transaction whose commit fails for a foreign key;
// the driver must not.
func TestFailedCommitLeavesNothingForTheNext(t *testing.T) {
	e, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "inbox.db"), 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.close()) }()
	for _, statement := range []string{
		"PRAGMA foreign_keys = ON", // for the one connection that writes
		"CREATE TABLE parent (id INTEGER PRIMARY KEY)",
		"CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
	} {
		_, err = e.write.Exec(statement)
		require.NoError(t, err)
	}
	insert := func(statement string) error {
		return e.transaction(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(statement)
			return err
		})
	}
	require.ErrorContains(t, insert("INSERT INTO child VALUES (7)"), "FOREIGN KEY")
	require.NoError(t, insert("INSERT INTO parent VALUES (7)"))
	var children int
	require.NoError(t, e.read.QueryRow("SELECT COUNT(*) FROM child").Scan(&children))
	require.Zero(t, children, "the next commit took the failed one's rest along")
}
