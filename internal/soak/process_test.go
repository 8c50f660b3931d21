package soak

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bin is the folder of `make build`: what it has made is not linked again.
const bin = "../../bin"

// binaries builds the programs once for all tests.
var binaries = sync.OnceValues(func() (string, error) {
	for _, line := range [][]string{{"build", "-o", bin + "/", "guestjourney/webhookproxy"}, {"build", "-o", bin + "/worker", "guestjourney/workers"}} {
		if output, err := exec.Command("go", line...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(line, " "), err, output)
		}
	}
	return filepath.Abs(bin)
})

// program is one of the house's, which may be killed and started again.
type program struct {
	t       *testing.T
	name    string
	log     string
	command func() *exec.Cmd
	ready   func() bool

	running *exec.Cmd
	done    chan struct{} // closed when the running one has ended
}

// start starts it and waits until it is ready.
func (p *program) start() {
	p.t.Helper()
	file, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(p.t, err)
	command := p.command()
	command.Stdout, command.Stderr = file, file
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(p.t, command.Start())
	require.NoError(p.t, file.Close()) // the program has its own
	done := make(chan struct{})
	p.running, p.done = command, done
	go func() {
		_ = command.Wait() // a death is what the test wants
		close(done)
	}()
	eventually(p.t, p.name+" is ready", p.ready)
}

// kill ends it as a power cut does.
func (p *program) kill() {
	_ = p.running.Process.Kill()
	<-p.done
}

// stop ends it as a rollout does; one that has ended stays so.
func (p *program) stop() {
	_ = p.running.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.kill()
		p.t.Errorf("%s did not stop within 20 s", p.name)
	}
}

// tell shows the end of its log if the test has failed.
func (p *program) tell() {
	if text, err := os.ReadFile(p.log); p.t.Failed() && err == nil {
		p.t.Logf("last of %s:\n%s", p.name, bytes.TrimSpace(text[max(0, len(text)-4000):]))
	}
}

// answers says whether a program serves.
func answers(client *http.Client, url string) func() bool {
	return func() bool {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		answer, err := client.Do(request)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode/100 == 2
	}
}
