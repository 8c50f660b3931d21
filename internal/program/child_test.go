package program_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"guestjourney/internal/program"
)

// asPart makes the test binary play a program: the variable names the part.
const asPart = "PROGRAM_TEST_PART"

// readyPath names the file that says that a part is ready.
const readyPath = "PROGRAM_TEST_READY"

func TestMain(m *testing.M) {
	switch os.Getenv(asPart) {
	case "":
		goleak.VerifyTestMain(m)
	case "polite":
		waitFor(syscall.SIGTERM)
		fmt.Println("stopped")
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		waitFor(syscall.SIGUSR1)
	case "broken":
		fmt.Println("cannot go on")
		os.Exit(3)
	case "parent": // of a polite one
		child := program.Start(&judged{}, part("polite", filepath.Dir(os.Getenv(readyPath))))
		fmt.Println("child", child.Process.Pid)
		waitFor(syscall.SIGUSR1)
	}
}

func waitFor(wanted os.Signal) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, wanted)
	fmt.Println("waiting")
	if err := os.WriteFile(os.Getenv(readyPath), nil, 0o600); err != nil {
		panic(err)
	}
	<-signals
}

// part runs this test binary in a part, which is ready when it waits.
func part(name, folder string) program.Settings {
	command, path := exec.Command(os.Args[0]), filepath.Join(folder, name+".ready")
	command.Env = []string{asPart + "=" + name, readyPath + "=" + path, "GORACE=atexit_sleep_ms=0"} // else each ends a second later
	return program.Settings{Name: name, Command: command, Ready: func() bool { return os.Remove(path) == nil }}
}

// judged stands for a test that programs may fail.
type judged struct {
	testing.TB
	mutex  sync.Mutex
	failed bool
	said   []string
	after  []func()
}

// judge runs a test and what it leaves to its end, and returns what was said of it.
func judge(test func(t testing.TB)) (said string, failed bool) {
	j := &judged{}
	var run sync.WaitGroup
	run.Go(func() { test(j) })
	run.Wait()
	for _, cleanup := range j.after {
		cleanup()
	}
	return strings.Join(j.said, "\n"), j.failed
}

func (j *judged) Name() string           { return "judged" }
func (j *judged) Helper()                {}
func (j *judged) Cleanup(cleanup func()) { j.after = append(j.after, cleanup) }

func (j *judged) Failed() bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.failed
}

func (j *judged) Logf(format string, arguments ...any) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.said = append(j.said, fmt.Sprintf(format, arguments...))
}

func (j *judged) Errorf(format string, arguments ...any) {
	j.Logf(format, arguments...)
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.failed = true
}

func (j *judged) Fatalf(format string, arguments ...any) {
	j.Errorf(format, arguments...)
	j.FailNow()
}

func (j *judged) FailNow() { runtime.Goexit() }
