package program_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/program"
)

// soon is far more than anything here takes, for a busy machine.
const soon = 20 * time.Second

// logged has a part write to a file.
func logged(t *testing.T, name string) program.Settings {
	t.Helper()
	settings := part(name, t.TempDir())
	settings.Log = filepath.Join(t.TempDir(), name+".log")
	return settings
}

func written(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestAProgramStopsAndIsStartedAgain(t *testing.T) {
	settings := logged(t, "polite")
	p := program.Start(t, settings)
	require.Equal(t, "waiting\n", written(t, settings.Log), "it is ready")
	p.Stop()
	require.Zero(t, p.ProcessState.ExitCode(), "it was asked")
	p.Stop() // it has
	first := p.Process.Pid
	p.Start()
	require.NotEqual(t, first, p.Process.Pid)
	p.Kill()
	require.Equal(t, "signal: killed", p.ProcessState.String())
	require.Equal(t, "waiting\nstopped\nwaiting\n", written(t, settings.Log), "of both")
}

func TestTheEndOfTheTestIsTheEndOfItsPrograms(t *testing.T) {
	for _, killed := range []bool{false, true} {
		settings := logged(t, "polite")
		settings.Killed = killed
		var p *program.Program
		said, failed := judge(func(t testing.TB) { p = program.Start(t, settings) })
		require.False(t, failed, said)
		require.Empty(t, said)
		want := map[bool]string{false: "exit status 0", true: "signal: killed"}
		require.Equal(t, want[killed], p.ProcessState.String())
	}
}

func TestATestThatFailsShowsTheLastWords(t *testing.T) {
	for _, settings := range []program.Settings{part("polite", t.TempDir()), logged(t, "polite")} {
		said, failed := judge(func(t testing.TB) {
			program.Start(t, settings)
			t.Errorf("something else is wrong")
		})
		require.True(t, failed)
		require.Regexp(t, `^something else is wrong\nlast of polite, pid \d+:\nwaiting\nstopped$`, said)
	}
}

func TestAProgramThatEndsBeforeItIsReadyFailsTheTestAtOnce(t *testing.T) {
	settings := part("broken", t.TempDir())
	began := time.Now()
	said, failed := judge(func(t testing.TB) { program.Start(t, settings) })
	require.True(t, failed)
	require.Contains(t, said, "broken has ended before it was ready (exit status 3): cannot go on")
	require.Less(t, time.Since(began), soon)
}

func TestAProgramThatIsNotThereFailsTheTest(t *testing.T) {
	said, failed := judge(func(t testing.TB) {
		program.Start(t, program.Settings{Name: "nothing", Command: exec.Command("./nothing-like-it")})
	})
	require.True(t, failed)
	require.Contains(t, said, "nothing-like-it")
}

func TestAProgramThatDoesNotStopFailsTheTestAndIsKilled(t *testing.T) {
	settings := logged(t, "stubborn")
	settings.Grace = 100 * time.Millisecond
	var p *program.Program
	said, failed := judge(func(t testing.TB) { p = program.Start(t, settings) })
	require.True(t, failed)
	require.Contains(t, said, "stubborn does not stop within 100ms: waiting")
	require.Equal(t, "signal: killed", p.ProcessState.String())
}

func TestAProgramThatHasEndedByItselfIsNoneThatWasKilled(t *testing.T) {
	broken := part("broken", t.TempDir())
	broken.Ready = nil
	said, failed := judge(func(t testing.TB) {
		p := program.Start(t, broken)
		p.AwaitKilled()
		p.Kill()
	})
	require.True(t, failed)
	require.Equal(t, 2, strings.Count(said, "broken has ended by itself (exit status 3): cannot go on"), said)

	lives := part("polite", t.TempDir())
	lives.Grace = 100 * time.Millisecond
	said, failed = judge(func(t testing.TB) { program.Start(t, lives).AwaitKilled() })
	require.True(t, failed)
	require.Contains(t, said, "polite is not killed within 100ms: waiting")
}

func TestAProgramEndsWithATestProgramThatIsKilled(t *testing.T) {
	settings := logged(t, "parent")
	parent := program.Start(t, settings)
	var child int
	_, err := fmt.Sscanf(written(t, settings.Log), "child %d", &child)
	require.NoError(t, err)
	require.True(t, alive(child))
	parent.Kill()
	require.Eventually(t, func() bool { return !alive(child) }, soon, 10*time.Millisecond)
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestAnswers(t *testing.T) {
	status := http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	ready := program.Answers(server.URL)
	assert.False(t, ready())
	status = http.StatusNoContent
	assert.True(t, ready())
	server.Close()
	assert.False(t, ready())
}
