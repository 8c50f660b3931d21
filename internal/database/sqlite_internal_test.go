package database

import (
	"database/sql"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// opened is a new file with one table.
func opened(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), Config{
		Name: "test", Path: filepath.Join(t.TempDir(), "test.db"), PathVariable: "TEST_PATH",
		Migrations: fstest.MapFS{"migrations/sqlite/00001_first.sql": {Data: []byte("-- +goose Up\nCREATE TABLE note (text TEXT);\n")}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// A power cut cannot be tested here; that SQLite is told to survive one can.
func TestSQLiteSyncsEveryCommit(t *testing.T) {
	d := opened(t)
	var synchronous, wait int
	var journal string
	require.NoError(t, d.Write.QueryRow("PRAGMA synchronous").Scan(&synchronous))
	require.NoError(t, d.Write.QueryRow("PRAGMA journal_mode").Scan(&journal))
	require.NoError(t, d.Write.QueryRow("PRAGMA busy_timeout").Scan(&wait))
	require.Equal(t, 2, synchronous, "FULL")
	require.Equal(t, "wal", journal)
	require.Equal(t, int(lockPatience.Milliseconds()), wait)

	_, err := d.Write.Exec("INSERT INTO note VALUES ('kept')")
	require.NoError(t, err)
	_, err = d.Read.Exec("DELETE FROM note")
	require.Error(t, err, "readers do not write")
}

// SQLite itself stays inside a transaction whose commit fails for a foreign key;
// the driver must not.
func TestFailedCommitLeavesNothingForTheNext(t *testing.T) {
	d := opened(t)
	for _, statement := range []string{
		"PRAGMA foreign_keys = ON", // for the one connection that writes
		"CREATE TABLE parent (id INTEGER PRIMARY KEY)",
		"CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
	} {
		_, err := d.Write.Exec(statement)
		require.NoError(t, err)
	}
	insert := func(statement string) error {
		return d.transaction(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(statement)
			return err
		})
	}
	require.ErrorContains(t, insert("INSERT INTO child VALUES (7)"), "FOREIGN KEY")
	require.NoError(t, insert("INSERT INTO parent VALUES (7)"))
	var children int
	require.NoError(t, d.Read.QueryRow("SELECT COUNT(*) FROM child").Scan(&children))
	require.Zero(t, children, "the next commit took the failed one's rest along")
}

func TestAStoreWithoutAPlaceSaysWhichVariableNamesOne(t *testing.T) {
	_, err := Open(t.Context(), Config{Name: "test", PathVariable: "TEST_PATH"})
	require.EqualError(t, err, "test: neither TEST_PATH nor DATABASE_URL is set")
}
