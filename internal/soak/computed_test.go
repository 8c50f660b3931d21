package soak

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/program"
)

// cores are those of the machine that a house has.
const cores = 2

// tick is the unit of /proc/<pid>/stat on Linux.
const tick = 10 * time.Millisecond

// meter measures the processor time of the house's programs. That of gateways and
// provider, which are the test's own process, is told beside it.
type meter struct {
	house  *house
	begun  time.Time
	before map[int]time.Duration
}

func (h *house) measure() *meter {
	m := &meter{house: h, begun: time.Now(), before: map[int]time.Duration{}}
	for _, pid := range append(m.pids(), os.Getpid()) {
		m.before[pid] = computed(h.t, pid)
	}
	return m
}

func (m *meter) programs() []*program.Program {
	return []*program.Program{m.house.server, m.house.telemetry, m.house.worker, m.house.proxy}
}

func (m *meter) pids() (pids []int) {
	for _, p := range m.programs() {
		pids = append(pids, p.Process.Pid)
	}
	return pids
}

// share is that of all programs in the time of all cores.
func (m *meter) share() (sum float64) {
	t, whole := m.house.t, time.Since(m.begun).Seconds()*cores
	of := func(pid int) float64 { return (computed(t, pid) - m.before[pid]).Seconds() / whole }
	for i, pid := range m.pids() {
		share := of(pid)
		sum += share
		t.Logf("%s: %.1f %% of %d cores", m.programs()[i].Name, 100*share, cores)
	}
	t.Logf("gateways, beside them: %.1f %%", 100*of(os.Getpid()))
	return sum
}

// computed reads the processor time of a process, in the system and outside of it.
func computed(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	_, after, _ := strings.Cut(string(text), ") ") // the name before may have spaces
	fields := strings.Fields(after)
	var sum time.Duration
	for _, field := range fields[11:13] { // utime and stime, the 14th and 15th of all
		ticks, err := strconv.Atoi(field)
		require.NoError(t, err)
		sum += time.Duration(ticks) * tick
	}
	return sum
}
