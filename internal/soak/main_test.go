package soak

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// full says that figures are asserted, and not only measured.
var full = os.Getenv("SOAK") == "full"

// patience of what must happen: far more than it takes, for a busy machine.
const patience = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// size is how much of something a test has in this form.
func size[T any](short, long T) T {
	if full {
		return long
	}
	return short
}

// beside lets short tests wait at the same time; full ones have the machine to
// themselves.
func beside(t *testing.T) {
	if !full {
		t.Parallel()
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 50*time.Millisecond, what)
}

// pass lets time go by for which something lasts.
func pass(ctx context.Context, lasts time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(lasts):
	}
}

// figure is a number of measured times.
type figure []time.Duration

func (f figure) share(share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(f))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// say logs a figure, and in the full form sees that its 99th percentile is reached.
func (f figure) say(t *testing.T, what string, most time.Duration) {
	t.Helper()
	require.NotEmpty(t, f, what)
	const to = time.Millisecond
	t.Logf("%s: n %d, p50 %s, p99 %s, max %s (at most %s)", what, len(f), f.share(0.5).Round(to), f.share(0.99).Round(to), f.share(1).Round(to), most)
	if full {
		require.LessOrEqual(t, f.share(0.99), most, what)
	}
}
