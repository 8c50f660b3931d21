// Package postgrestest starts a PostgreSQL for a test.
//
// Called by tests and benchmarks only. It owns where Debian's package has its
// programs and the user that they run as. It promises a cluster of the test's
// own, with its data in a temporary folder and on a free port of the loopback
// address, that ends with the test; without the package the test skips with one
// line that names it.
package postgrestest

import (
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

	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
)

// Settings are what tests want different.
type Settings struct {
	// User is the superuser.
	User string
	// Password is the superuser's; without one the cluster takes anybody of this
	// machine.
	Password string
	// Options are settings of postgresql.conf, as "fsync=off".
	Options []string
}

// Cluster is a running one.
type Cluster struct {
	Port string

	settings   Settings
	binaries   string
	schemas    atomic.Int32
	attributes syscall.SysProcAttr
}

// Start starts a cluster that lives as long as the test.
func Start(t testing.TB, settings Settings) *Cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("Debian's package postgresql is not installed")
	}
	slices.Sort(found)
	folder := t.TempDir()
	c := &Cluster{Port: freeport.Get(t), settings: settings, binaries: found[len(found)-1], attributes: unprivileged(t, folder)}
	data := c.initialise(t, folder)
	c.serve(t, data)
	require.Eventually(t, func() bool {
		return c.Command(t, "pg_isready", "-q", "-h", "127.0.0.1", "-p", c.Port, "-U", settings.User).Run() == nil
	}, 30*time.Second, 50*time.Millisecond, "PostgreSQL accepts connections")
	return c
}

// Command is one of PostgreSQL's programs, run by its user with the password.
func (c *Cluster) Command(t testing.TB, program string, args ...string) *exec.Cmd {
	t.Helper()
	return c.prepare(exec.CommandContext(t.Context(), filepath.Join(c.binaries, program), args...))
}

func (c *Cluster) prepare(command *exec.Cmd) *exec.Cmd {
	attributes := c.attributes
	command.SysProcAttr, command.Dir = &attributes, "/"
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "PGPASSWORD=" + c.settings.Password}
	return command
}

// Query returns what one statement answers, without decoration.
func (c *Cluster) Query(t testing.TB, database, statement string) string {
	t.Helper()
	output, err := c.Command(t, "psql", "-h", "127.0.0.1", "-p", c.Port, "-U", c.settings.User, "-d", database, "-Atqc", statement).CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}

func (c *Cluster) initialise(t testing.TB, folder string) (data string) {
	t.Helper()
	data = filepath.Join(folder, "data")
	args := []string{"--pgdata", data, "--username", c.settings.User, "--no-sync", "--encoding", "UTF8", "--no-locale", "--auth"}
	if c.settings.Password == "" {
		args = append(args, "trust")
	} else {
		file := filepath.Join(folder, "password")
		require.NoError(t, os.WriteFile(file, []byte(c.settings.Password), 0o644)) //nolint:gosec // of a cluster that nobody else reaches
		args = append(args, "scram-sha-256", "--pwfile", file)
	}
	output, err := c.Command(t, "initdb", args...).CombinedOutput()
	require.NoError(t, err, string(output))
	return data
}

func (c *Cluster) serve(t testing.TB, data string) {
	t.Helper()
	args := []string{"-D", data, "-p", c.Port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="}
	for _, option := range c.settings.Options {
		args = append(args, "-c", option)
	}
	server := c.prepare(exec.Command(filepath.Join(c.binaries, "postgres"), args...))
	server.SysProcAttr.Pdeathsig = syscall.SIGKILL
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Signal(syscall.SIGINT)) // "fast": ends its sessions
		require.NoError(t, server.Wait())
	})
}

// unprivileged: PostgreSQL refuses to run as root, so the package's own user
// takes the folder.
func unprivileged(t testing.TB, folder string) syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return syscall.SysProcAttr{}
	}
	account, err := user.Lookup("postgres")
	require.NoError(t, err, "the package postgresql makes this user")
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	require.NoError(t, err)
	require.NoError(t, os.Chown(folder, int(uid), int(gid)))
	// t.TempDir's own parent is for this process's user only.
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755)) //nolint:gosec // holds nothing secret
	return syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
