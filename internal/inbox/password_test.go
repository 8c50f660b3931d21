package inbox_test

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
)

// keeper is a Password that a test turns.
type keeper struct {
	mutex         sync.Mutex
	current, next string
	renewals      int
}

func (k *keeper) Current(context.Context) (string, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.current, nil
}

func (k *keeper) Renewed(context.Context, string) (string, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.renewals++
	k.current = k.next
	return k.current, nil
}

// TestThePasswordRotatesWhileTheInboxIsOpen against a real server: connections
// that are open go on, a new one takes up the present password.
func TestThePasswordRotatesWhileTheInboxIsOpen(t *testing.T) {
	c := postgresql(t, "fsync=off")
	admin, err := sql.Open("pgx", c.URL())
	require.NoError(t, err)
	defer admin.Close() //nolint:errcheck // a test's
	do := func(statement string) {
		_, err := admin.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	do("CREATE ROLE rotating SUPERUSER LOGIN PASSWORD 'first'")
	askForPasswords(t, admin)
	address, err := url.Parse(c.Schema(t))
	require.NoError(t, err)
	address.User = url.User("rotating")
	password := &keeper{current: "first", next: "second"}
	config := inbox.Config{URL: address.String(), Password: password, Codec: ringCodec(t, keyText("k1", firstKey))}
	store, err := inbox.Open(t.Context(), config)
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()

	do("ALTER ROLE rotating PASSWORD 'second'")
	require.NoError(t, store.Check(t.Context()), "open connections go on")
	assert.Zero(t, password.renewals)
	do("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'rotating'")
	require.Eventually(t, func() bool { return store.Check(t.Context()) == nil }, 30*time.Second, 50*time.Millisecond, "a new one takes the second password")
	assert.Equal(t, 1, password.renewals)

	do("ALTER ROLE rotating PASSWORD 'third'")
	_, err = inbox.Open(t.Context(), config)
	require.ErrorIs(t, err, inbox.ErrUnavailable, "there is no other than the second")
	assert.Equal(t, 2, password.renewals, "asked once")
}

// askForPasswords makes the server ask the role for its password.
func askForPasswords(t *testing.T, admin *sql.DB) {
	t.Helper()
	var path string
	require.NoError(t, admin.QueryRowContext(t.Context(), "SHOW hba_file").Scan(&path))
	rules, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append([]byte("host all rotating all scram-sha-256\n"), rules...), 0o600))
	var loaded bool
	require.NoError(t, admin.QueryRowContext(t.Context(), "SELECT pg_reload_conf()").Scan(&loaded))
	require.Eventually(t, func() bool {
		var seen int
		return admin.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_hba_file_rules WHERE user_name = '{rotating}'").Scan(&seen) == nil && seen == 1
	}, 30*time.Second, 50*time.Millisecond)
}
