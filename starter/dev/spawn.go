package dev

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// spawner starts children from one thread that lives as long as this program.
// Linux sends a child's parent-death signal when the thread that forked it
// ends, and Go ends threads as it likes.
type spawner struct{ starts chan func() }

func newSpawner() *spawner {
	s := &spawner{starts: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is this goroutine's
		for start := range s.starts {
			start()
		}
	}()
	return s
}

func (s *spawner) start(command *exec.Cmd) error {
	started := make(chan error)
	s.starts <- func() { started <- command.Start() }
	return <-started
}

// process is a running child in a process group of its own, so that Ctrl-C in
// the terminal reaches this program alone, which stops them in order.
type process struct {
	name    string
	log     string
	command *exec.Cmd
	ended   chan struct{}

	mu       sync.Mutex
	err      error // how it ended; set before ended is closed
	stopping bool
}

// spawn starts a program with the given environment and nothing else of ours.
func (s *spawner) spawn(name, logPath, binary string, args, environment []string) (*process, error) {
	if err := os.MkdirAll(filepath.Dir(logPath), 0o700); err != nil {
		return nil, fmt.Errorf("%s: its log: %w", name, err)
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: its log: %w", name, err)
	}
	command := exec.Command(binary, args...)
	command.Env, command.Stdout, command.Stderr = environment, log, log
	command.SysProcAttr = processAttributes()
	p := &process{name: name, log: logPath, command: command, ended: make(chan struct{})}
	err = s.start(command)
	if closeErr := log.Close(); err == nil && closeErr != nil {
		err = closeErr // the child has its own descriptor; ours must not leak
	}
	if err != nil {
		return nil, fmt.Errorf("start %s (%s): %w", name, binary, err)
	}
	go p.wait()
	return p, nil
}

func (p *process) wait() {
	err := p.command.Wait()
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	close(p.ended)
}

// failure tells how a process ended that should not have, with its last words.
func (p *process) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return fmt.Errorf("%s ended (%s); last in %s: %s", p.name, how, p.log, lastLine(p.log))
}

// stop asks the process and its group to end, and makes them after the grace.
func (p *process) stop(grace time.Duration) {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
	}
	// Also when it has ended: a grandchild must not outlive it.
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// signal reaches the whole group. That it is gone already is what we want.
func (p *process) signal(signal syscall.Signal) {
	_ = syscall.Kill(-p.command.Process.Pid, signal)
}

// lastLine returns the end of a log, for an error.
func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "it cannot be read: " + err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}
