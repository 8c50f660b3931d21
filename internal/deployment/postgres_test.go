package deployment

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
)

// cluster is a PostgreSQL of the test's own, with its data in a temporary
// folder, on a port of its own.
type cluster struct {
	binaries string
	port     string
	password string
	attr     *syscall.SysProcAttr
}

// postgresql starts one. Without Debian's package there is nothing to start.
func postgresql(t *testing.T, password string) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("Debian's package postgresql is not installed")
	}
	slices.Sort(found)
	c := &cluster{binaries: found[len(found)-1], port: freeport.Get(t), password: password}
	folder := t.TempDir()
	c.attr = unprivileged(t, folder)
	file := filepath.Join(folder, "password")
	require.NoError(t, os.WriteFile(file, []byte(password), 0o644))
	data := filepath.Join(folder, "data")
	initialise := c.command(t, "initdb", "--pgdata", data, "--username", "temporal", "--pwfile", file, "--auth", "scram-sha-256", "--no-sync", "--encoding", "UTF8", "--no-locale")
	output, err := initialise.CombinedOutput()
	require.NoError(t, err, string(output))
	server := c.command(t, "postgres", "-D", data, "-p", c.port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	run(t, "postgresql", server, syscall.SIGINT)
	eventually(t, 30*time.Second, "PostgreSQL accepts connections", func() bool {
		return c.command(t, "pg_isready", "-q", "-h", "127.0.0.1", "-p", c.port, "-U", "temporal").Run() == nil
	})
	return c
}

// unprivileged: PostgreSQL refuses to run as root, so the package's own user
// takes the folder.
func unprivileged(t *testing.T, folder string) *syscall.SysProcAttr {
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
	// t.TempDir's own parent is for this process's user only.
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755)) //nolint:gosec // holds nothing secret
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (c *cluster) command(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(c.binaries, program), args...)
	attributes := *c.attr
	command.SysProcAttr, command.Dir = &attributes, "/"
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "PGPASSWORD=" + c.password}
	return command
}

// query returns what one statement answers, without decoration.
func (c *cluster) query(t *testing.T, database, statement string) string {
	t.Helper()
	output, err := c.command(t, "psql", "-h", "127.0.0.1", "-p", c.port, "-U", "temporal", "-d", database, "-Atqc", statement).CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}
