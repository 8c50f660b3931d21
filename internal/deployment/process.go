package deployment

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// run starts a program that lives as long as the test, and stops it as a
// container is stopped.
func run(t testing.TB, name string, command *exec.Cmd, stop syscall.Signal) {
	t.Helper()
	logs := filepath.Join(t.TempDir(), name+".log")
	file, err := os.Create(logs)
	require.NoError(t, err)
	command.Stdout, command.Stderr = file, file
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Pdeathsig = syscall.SIGKILL
	// The test's context ends before its clean-ups: they stop it, not the context.
	command.Cancel = func() error { return nil }
	require.NoError(t, command.Start(), name)
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // how it ended is what the test looks at itself
		_ = file.Close()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Signal(stop)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = command.Process.Kill()
			<-ended
			t.Errorf("%s did not stop within 20 s", name)
		}
		if t.Failed() {
			if data, err := os.ReadFile(logs); err == nil {
				t.Logf("last of %s:\n%s", name, data[max(0, len(data)-3000):])
			}
		}
	})
}

// eventually waits for a condition; it is looked at every 100 ms.
func eventually(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited %s for: %s", within, what)
		case <-tick.C:
		}
	}
}
