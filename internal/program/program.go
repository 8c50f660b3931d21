// Package program runs a program as a process of its own for a test.
//
// Called by the tests of what the built programs do together, and by benchmarks.
// It owns the process: where its words go, when it is ready, and how it ends. It
// promises that no process outlives its test, nor a test program that is killed,
// and that a test that fails shows the last words of its programs. A program
// fails its test if it ends before it is ready, does not stop when it is asked
// to, or has ended by itself before it is killed.
package program

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/logtest"
)

const (
	// patience is how long a program may take to be ready, on a busy machine.
	patience = time.Minute
	// glance is the pause between two looks at whether it is.
	glance = 50 * time.Millisecond
	// usualGrace is that of settings that name none.
	usualGrace = 20 * time.Second
)

// Settings say how a program is run.
type Settings struct {
	// Name is what is said of it.
	Name string
	// Command is its path, arguments, environment and folder. It is not run itself:
	// each start runs another one like it, which no context ends.
	Command *exec.Cmd
	// Ready says whether the program does what the test needs it for; nil means at
	// once. It is asked again and again.
	Ready func() bool
	// Log is a file, to the end of which the program writes. Without one its words
	// come through a pipe and stay in memory, so that a limit on the program's files
	// is none on its words.
	Log string
	// Grace is how long it may take to stop; 0 means 20 s.
	Grace time.Duration
	// Killed says that the end of the test does not ask it to stop.
	Killed bool
}

// Program is a process that ends with its test. It may end before, and be started
// again.
type Program struct {
	Settings
	// Cmd is the process that runs, or the last one that did.
	*exec.Cmd

	t     testing.TB
	words logtest.Log
	ended chan struct{} // closed when Cmd has ended
}

// Start starts a program, and returns when it is ready.
func Start(t testing.TB, settings Settings) *Program {
	t.Helper()
	if settings.Grace == 0 {
		settings.Grace = usualGrace
	}
	p := &Program{Settings: settings, t: t}
	t.Cleanup(p.close)
	p.Start()
	return p
}

// Start starts the program again after its end, and returns when it is ready.
func (p *Program) Start() {
	p.t.Helper()
	like := p.Command
	command := &exec.Cmd{
		Path: like.Path, Args: like.Args, Env: like.Env, Dir: like.Dir, Err: like.Err,
		Stdout: &p.words, Stderr: &p.words, SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	}
	if p.Log != "" {
		file, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		require.NoError(p.t, err)
		defer file.Close() //nolint:errcheck // the program has its own
		command.Stdout, command.Stderr = file, file
	}
	require.NoError(p.t, command.Start(), p.Name)
	ended := make(chan struct{})
	p.Cmd, p.ended = command, ended
	go func() {
		_ = command.Wait() // how it ended is in its ProcessState
		close(ended)
	}()
	p.await()
}

// await returns when the program is ready.
func (p *Program) await() {
	p.t.Helper()
	deadline := time.After(patience)
	for p.Ready != nil && !p.Ready() {
		select {
		case <-p.ended:
			p.t.Fatalf("%s has ended before it was ready (%s): %s", p.Name, p.ProcessState, p.last())
		case <-deadline:
			p.t.Fatalf("%s is not ready within %s: %s", p.Name, patience, p.last())
		case <-time.After(glance):
		}
	}
}

// Stop ends the program as a rollout does. One that has ended stays so.
func (p *Program) Stop() {
	p.t.Helper()
	_ = p.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(p.Grace):
		p.t.Errorf("%s does not stop within %s: %s", p.Name, p.Grace, p.last())
		_ = p.Process.Kill()
		<-p.ended
	}
}

// Kill ends the program as a power cut does. It may be called by any goroutine.
func (p *Program) Kill() {
	p.t.Helper()
	if err := p.Process.Kill(); err != nil {
		<-p.ended
		p.t.Errorf("%s has ended by itself (%s): %s", p.Name, p.ProcessState, p.last())
		return
	}
	p.AwaitKilled()
}

// AwaitKilled waits until somebody else, or the program itself, has killed it.
func (p *Program) AwaitKilled() {
	p.t.Helper()
	select {
	case <-p.ended:
		if how := p.ProcessState.String(); how != "signal: killed" {
			p.t.Errorf("%s has ended by itself (%s): %s", p.Name, how, p.last())
		}
	case <-time.After(p.Grace):
		p.t.Errorf("%s is not killed within %s: %s", p.Name, p.Grace, p.last())
	}
}

// close ends what the test has left running.
func (p *Program) close() {
	p.t.Helper()
	if p.Cmd == nil {
		return // it could not be started
	}
	if p.Killed {
		_ = p.Process.Kill() // it may have ended
		<-p.ended
	} else {
		p.Stop()
	}
	if p.t.Failed() {
		p.t.Logf("last of %s, pid %d:\n%s", p.Name, p.Process.Pid, p.last())
	}
}
