// Package killtest kills a process in the middle of its work.
//
// Called by tests that say what survives. It promises that what it returns was
// written by the process before it was killed with SIGKILL, which it cannot see
// coming, and that no such process outlives the test program.
package killtest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Run starts the test program once more, with variables such as "NAME=value" by
// which its TestMain knows what to do, kills it once it has written a number of
// lines, and returns all the lines that it wrote.
func Run(t testing.TB, lines int, variables ...string) (written []string) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), variables...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said := &strings.Builder{}
	command.Stderr = said
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	for reader := bufio.NewReader(output); ; {
		line, err := reader.ReadString('\n')
		if err != nil {
			break // the end; the last line may be cut short, and does not count
		}
		written = append(written, strings.TrimSuffix(line, "\n"))
		if len(written) == lines {
			require.NoError(t, command.Process.Kill())
		}
	}
	require.ErrorContains(t, command.Wait(), "killed", said.String())
	return written
}
