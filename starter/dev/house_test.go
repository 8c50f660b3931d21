package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/config"
)

const soon = 10 * time.Second

func testHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(settings{Data: t.TempDir()})
	t.Cleanup(h.stop)
	return h
}

// child is this test binary as a service that is ready when it says so.
func child(h *house, name, part string, more ...string) service {
	own := map[string]string{asChild: part, "NAME": name, "NOTES": h.settings.data("notes")}
	for _, pair := range more {
		key, value, _ := strings.Cut(pair, "=")
		own[key] = value
	}
	return service{name: name, binary: os.Args[0], environment: own, grace: 5 * time.Second, ready: func(context.Context) error {
		if !strings.Contains(logOf(h, name), "waiting") {
			return errors.New("it has not said that it waits")
		}
		return nil
	}}
}

func logOf(h *house, name string) string {
	data, err := os.ReadFile(h.settings.data("logs", name+".log"))
	if err != nil {
		return ""
	}
	return string(data)
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func pidIn(t *testing.T, text string) int {
	t.Helper()
	_, after, found := strings.Cut(text, "pid ")
	require.True(t, found, text)
	var pid int
	_, err := fmt.Sscan(after, &pid)
	require.NoError(t, err)
	return pid
}

func TestServicesStopInTheOppositeOrder(t *testing.T) {
	h := testHouse(t)
	for _, name := range []string{"one", "two", "three"} {
		require.NoError(t, h.start(t.Context(), child(h, name, "polite")))
	}
	h.stop()
	notes, err := os.ReadFile(h.settings.data("notes"))
	require.NoError(t, err)
	assert.Equal(t, "ended three\nended two\nended one\n", string(notes))
	assert.False(t, h.isRunning())
	assert.Empty(t, h.broken, "a stop that was asked for is no failure")
}

func TestAServiceThatDoesNotStopIsKilledAfterItsGrace(t *testing.T) {
	h := testHouse(t)
	service := child(h, "stubborn", "stubborn")
	service.grace = 200 * time.Millisecond
	require.NoError(t, h.start(t.Context(), service))
	pid := pidIn(t, logOf(h, "stubborn"))
	began := time.Now()
	h.stop()
	assert.False(t, alive(pid))
	assert.GreaterOrEqual(t, time.Since(began), service.grace)
	assert.Less(t, time.Since(began), soon)
}

func TestAGrandchildGoesWithItsGroup(t *testing.T) {
	h := testHouse(t)
	require.NoError(t, h.start(t.Context(), child(h, "parent", "parent")))
	require.Eventually(t, func() bool { return strings.Contains(logOf(h, "parent"), "pid ") }, soon, 10*time.Millisecond)
	pid := pidIn(t, logOf(h, "parent"))
	require.True(t, alive(pid))
	h.stop()
	assert.Eventually(t, func() bool { return !alive(pid) }, soon, 10*time.Millisecond)
}

func TestServicesEndWhenThisProgramIsKilled(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Log("only Linux can tell a child that its parent was killed")
		return
	}
	folder := t.TempDir()
	house := exec.Command(os.Args[0])
	house.Env = []string{asChild + "=house", "LOG=" + filepath.Join(folder, "orphan.log"), "NOTES=" + filepath.Join(folder, "notes")}
	output, err := house.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, house.Start())
	heard := make([]byte, 64)
	count, err := output.Read(heard)
	require.NoError(t, err)
	pid := pidIn(t, string(heard[:count]))
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(filepath.Join(folder, "orphan.log"))
		return err == nil && strings.Contains(string(log), "waiting")
	}, soon, 10*time.Millisecond)

	require.NoError(t, house.Process.Kill())
	require.Error(t, house.Wait())

	assert.Eventually(t, func() bool { return !alive(pid) }, soon, 10*time.Millisecond)
	notes, err := os.ReadFile(filepath.Join(folder, "notes"))
	require.NoError(t, err)
	assert.Equal(t, "ended orphan\n", string(notes), "it was asked, so it could end cleanly")
}

func TestAServiceThatBreaksAtItsStartIsNamedWithItsLastWords(t *testing.T) {
	h := testHouse(t)
	err := h.start(t.Context(), child(h, "worker", "broken"))
	require.ErrorContains(t, err, "worker ended (exit status 3)")
	require.ErrorContains(t, err, "cannot go on")
	assert.NotContains(t, err.Error(), "first line")
}

func TestAServiceThatBreaksLaterIsTold(t *testing.T) {
	h := testHouse(t)
	require.NoError(t, h.start(t.Context(), child(h, "worker", "polite")))
	require.NoError(t, syscall.Kill(h.running[0].command.Process.Pid, syscall.SIGKILL))
	select {
	case err := <-h.broken:
		require.ErrorContains(t, err, "worker ended (signal: killed)")
	case <-time.After(soon):
		t.Fatal("nobody heard of it")
	}
}

func TestAServiceThatIsNeverReadyIsGivenUpWithItsReason(t *testing.T) {
	h := testHouse(t)
	service := child(h, "proxy", "polite")
	service.ready = func(context.Context) error { return errors.New("answers 503") }
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, h.start(ctx, service), "proxy is not ready: answers 503")
}

func TestServicesSeeNothingOfTheShellsAccounts(t *testing.T) {
	t.Setenv("STRIPE_SECRET_KEY", "sk_live_real")
	t.Setenv("TEMPORAL_API_KEY", "real")
	h := testHouse(t)
	require.NoError(t, h.start(t.Context(), child(h, "env", "environment", "OWN=yes")))
	assert.Contains(t, logOf(h, "env"), "OWN=yes")
	assert.Contains(t, logOf(h, "env"), "PATH=")
	assert.NotContains(t, logOf(h, "env"), "real")
}

func TestOneHouseAtATimeOnTheSameData(t *testing.T) {
	first := testHouse(t)
	require.NoError(t, first.lock())
	second := newHouse(first.settings)
	err := second.lock()
	require.ErrorContains(t, err, "DATA_DIR")
	assert.Equal(t, 2, config.ExitCode(err))
	first.stop()
	require.NoError(t, second.lock())
	second.stop()
}
