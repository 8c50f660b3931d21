package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"golang.org/x/term"

	"guestjourney/activities/options"
	"guestjourney/internal/logtest"
	"guestjourney/starter/calls"
	"guestjourney/starter/follow"
	"guestjourney/starter/taletest"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

const soon = 30 * time.Second

// begin starts a tale under a type's name.
func begin(t *testing.T, connection client.Client, workflowType, id string, input taletest.Input) {
	t.Helper()
	if input.Waits == 0 {
		input.Waits = options.Duration(3 * time.Hour)
	}
	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys}, workflowType, input)
	require.NoError(t, err)
}

func work(t *testing.T, connection client.Client, provider taletest.Provider) (stop func()) {
	t.Helper()
	stop, err := taletest.Workers(connection, provider)
	require.NoError(t, err)
	stop = sync.OnceFunc(stop)
	t.Cleanup(stop)
	return stop
}

// awaitStatus waits until a query answers what a check wants to see.
func awaitStatus(t *testing.T, id, part string) {
	t.Helper()
	require.Eventually(t, func() bool {
		code, out, _ := cli(t, "", "status", id)
		return code == 0 && strings.Contains(out, part)
	}, soon, 100*time.Millisecond, "%s of %s", part, id)
}

func cancelTale(t *testing.T, id string) {
	t.Helper()
	code, _, stderr := cli(t, "", "update", id, "cancel", "--actor", "ana", "--role", "operator", "--reason", "r", "-d", `{"by":"guest"}`)
	require.Zero(t, code, stderr)
}

func TestWatchWithoutATerminal(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{})
	awaitStatus(t, "x", "stage: offer")
	cancelTale(t, "x")

	code, stdout, _ := cli(t, "", "watch", "x")
	require.Zero(t, code, "it has closed")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  stage      journey  offer$`, lines[0])
	require.Contains(t, stdout, "  command    journey  cancel by ana\n")
	require.Regexp(t, `  closed     journey  completed$`, lines[len(lines)-1])
	require.NotContains(t, stdout, "\x1b")

	code, stdout, _ = cli(t, "", "watch", "x", "-o", "json")
	require.Zero(t, code)
	var last follow.Change
	for line := range strings.Lines(stdout) {
		require.NoError(t, json.Unmarshal([]byte(line), &last), "one object a line: %s", line)
	}
	require.Equal(t, follow.KindClosed, last.Kind)

	code, _, stderr := cli(t, "", "watch", "nobody")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "see starter list")
}

// onTerminal is the program on a terminal of its own.
type onTerminal struct {
	command *exec.Cmd
	master  *os.File
	before  *term.State

	text logtest.Log
	read chan struct{}
}

func openTerminal(t *testing.T, columns, rows uint16, args ...string) *onTerminal {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(master, &pty.Winsize{Cols: columns, Rows: rows}))
	o := &onTerminal{command: exec.Command(os.Args[0], args...), master: master, read: make(chan struct{})}
	o.before, err = term.GetState(int(slave.Fd()))
	require.NoError(t, err)
	o.command.Env = append(os.Environ(), asProgram+"=1", "TERM=xterm", "TZ=UTC")
	o.command.Stdin, o.command.Stdout, o.command.Stderr = slave, slave, slave
	o.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, o.command.Start())
	t.Cleanup(func() { _ = o.command.Process.Kill(); _ = slave.Close(); _ = master.Close(); <-o.read })
	go o.listen()
	return o
}

// listen reads until the terminal is closed, which is an error of reading.
func (o *onTerminal) listen() {
	defer close(o.read)
	_, _ = io.Copy(&o.text, o.master)
}

func (o *onTerminal) seen() string { return o.text.String() }

func (o *onTerminal) await(t *testing.T, part string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(o.seen(), part) }, soon, 20*time.Millisecond, "%q on the terminal", part)
}

// pictures are the screens that were painted, one after the other.
func (o *onTerminal) pictures() []string {
	return strings.Split(o.seen(), toCorner)[1:]
}

func TestWatchOnATerminal(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{})
	awaitStatus(t, "x", "stage: offer")

	terminal := openTerminal(t, 60, 12, "watch", "x")
	terminal.await(t, "next       offer in 2 h 59 min")
	require.True(t, strings.HasPrefix(terminal.seen(), enterScreen))
	painted := len(terminal.pictures())
	require.Eventually(t, func() bool { return len(terminal.pictures()) > painted+1 }, soon, 20*time.Millisecond, "the countdowns go on by themselves")

	require.NoError(t, pty.Setsize(terminal.master, &pty.Winsize{Cols: 30, Rows: 5}))
	require.Eventually(t, func() bool {
		all := terminal.pictures()
		last := strings.ReplaceAll(all[len(all)-2], clearLine, "")
		return strings.Count(last, "\n") == 4 && longest(last) <= 30
	}, soon, 20*time.Millisecond, "the picture fits into a smaller terminal")

	_, err := terminal.master.WriteString("\x03")
	require.NoError(t, err)
	var ended *exec.ExitError
	require.ErrorAs(t, terminal.command.Wait(), &ended)
	require.Equal(t, exitInterrupted, ended.ExitCode())
	terminal.await(t, leaveScreen)
	terminal.await(t, "no longer watched; it goes on")
	after, err := term.GetState(int(terminal.master.Fd()))
	require.NoError(t, err)
	require.Equal(t, terminal.before, after, "the terminal's modes are as they were")
	require.Equal(t, 1, strings.Count(terminal.seen(), "\x1b[?25h"), "the cursor is back")
	require.NotContains(t, terminal.seen(), "starter:", "an interruption is no failure")
}

func longest(text string) int {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, len([]rune(strings.TrimRight(line, "\r\n"))))
	}
	return most
}

func TestWatchEndsWithTheJourney(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{})
	terminal := openTerminal(t, 80, 24, "watch", "x")
	terminal.await(t, "stage: offer")
	cancelTale(t, "x")
	require.NoError(t, terminal.command.Wait(), "exit 0")
	terminal.await(t, leaveScreen)
	rest := strings.SplitAfter(terminal.seen(), leaveScreen)[1]
	require.Contains(t, rest, "closed: completed", "the last picture stays")
}

func TestPicture(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	p := &picture{id: "journey/x"}
	require.Equal(t, "journey/x  asking where it stands", p.lines(now, maxWidth, maxHeight)[0])

	call := calls.Call{Event: 5, Activity: "sms.Send", At: at(-1)}
	p.take(follow.Look{
		Standing: follow.Standing{
			Stage: "some_new_stage", Since: at(-125), Control: kit.ControlHeld, WaitsFor: "offer until then", Attention: []string{"message_in"},
			Deadlines: []kit.Deadline{{Name: "offer", At: at(90), Consequence: "lost"}, {Name: "old", At: at(-3), Consequence: "asked"}, {Name: "c", At: at(1440 * 3)}, {Name: "d"}},
		},
		Changes: []follow.Change{
			{At: at(-2), Workflow: "journey/x", Kind: "command", Text: "hold", Actor: "ana"},
			{At: at(-1), Workflow: "pay/x", Kind: follow.KindCall, Text: "sms.Send under way", Call: &call},
			{At: now, Workflow: "journey/x", Kind: follow.KindWaits, Text: "offer"},
		},
		Unanswered: true,
	})
	p.take(follow.Look{Standing: p.standing, Unanswered: true, Changes: []follow.Change{{At: at(-1), Workflow: "pay/x", Kind: follow.KindCall, Text: "sms.Send done in 0.2 s", Call: &call}}})
	text := strings.Join(p.lines(now, maxWidth, maxHeight), "\n")
	for _, part := range []string{
		"journey/x  some_new_stage for 2 h 5 min, since ", "  [held]\n",
		"waits for  offer until then, then: lost\n",
		"next       offer in 1 h 30 min, at ", "           old 3 min 0 s late, at ", "           c in 3 d 0 h, at ",
		"attention  message_in\n",
		"  sms.Send done in 0.2 s  (pay)\n",
		"  command: hold by ana\n",
		"notice     no worker answers",
	} {
		assert.Contains(t, text, part)
	}
	assert.NotContains(t, text, "under way", "the end of a call takes the place of its beginning")
	assert.NotContains(t, text, "           d ", "three deadlines are enough")

	p.take(follow.Look{Changes: []follow.Change{{Kind: follow.KindClosed, Text: "completed"}}})
	assert.Contains(t, strings.Join(p.lines(now, maxWidth, maxHeight), "\n"), "closed: completed")
	assert.Len(t, p.lines(now, 10, 3), 3)
	assert.Equal(t, "journey/x…", p.lines(now, 10, 3)[0])
	assert.Empty(t, p.lines(now, 10, 0))
}

func TestCountdowns(t *testing.T) {
	for want, left := range map[string]time.Duration{
		"in 3 d 4 h": 76*time.Hour + 59*time.Minute, "in 1 h 0 min": time.Hour, "in 1 min 1 s": 61 * time.Second,
		"in 9 s": 9*time.Second + 400*time.Millisecond, "in 0 s": 0, "25 min 0 s late": -25 * time.Minute,
	} {
		assert.Equal(t, want, countdown(left))
	}
}
