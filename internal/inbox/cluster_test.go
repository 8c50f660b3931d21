package inbox_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
)

// cluster is a PostgreSQL of the test's own; it takes any user of this machine
// on a port of its own, and has its data in a temporary folder.
type cluster struct {
	url   string // without a schema
	count atomic.Int32
}

// postgresql starts one with "fsync=on" or "fsync=off". Without Debian's package there is nothing to start.
func postgresql(t testing.TB, fsync string) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("Debian's package postgresql is not installed")
	}
	slices.Sort(found)
	binaries, folder := found[len(found)-1], t.TempDir()
	attributes, port := unprivileged(t, folder), freeport.Get(t)
	data := filepath.Join(folder, "data")
	initialise := exec.Command(filepath.Join(binaries, "initdb"), "--pgdata", data, "--username", "inbox", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--no-locale")
	initialise.SysProcAttr, initialise.Dir, initialise.Env = attributes, "/", []string{"LC_ALL=C"}
	output, err := initialise.CombinedOutput()
	require.NoError(t, err, string(output))
	serve(t, attributes, filepath.Join(binaries, "postgres"), "-D", data, "-p", port, "-c", fsync)
	c := &cluster{url: "postgres://inbox@127.0.0.1:" + port + "/postgres?sslmode=disable"}
	c.await(t)
	return c
}

func serve(t testing.TB, attributes *syscall.SysProcAttr, program string, arguments ...string) {
	t.Helper()
	server := exec.Command(program, append(arguments,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=60", "-c", "deadlock_timeout=100ms")...)
	copied := *attributes
	copied.Pdeathsig = syscall.SIGKILL
	server.SysProcAttr, server.Dir, server.Env = &copied, "/", []string{"LC_ALL=C"}
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Signal(syscall.SIGINT)) // "fast": ends its sessions
		require.NoError(t, server.Wait())
	})
}

func (c *cluster) await(t testing.TB) {
	t.Helper()
	db, err := sql.Open("pgx", c.url)
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // a test's
	require.Eventually(t, func() bool { return db.PingContext(t.Context()) == nil }, 30*time.Second, 50*time.Millisecond, "PostgreSQL accepts connections")
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

// unprivileged: PostgreSQL refuses to run as root, so the package's own user
// takes the folder.
func unprivileged(t testing.TB, folder string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	account, err := user.Lookup("postgres")
	require.NoError(t, err, "the package postgresql makes this user")
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	require.NoError(t, err)
	require.NoError(t, os.Chown(folder, int(uid), int(gid)))
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755)) //nolint:gosec // holds nothing secret
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
