package proxytest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// diskFull says whether the proxy's files may grow or change any more. Its log
// is a pipe.
func (h *house) diskFull(full bool) {
	h.t.Helper()
	limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if full {
		limit.Cur = 1
	}
	require.NoError(h.t, unix.Prlimit(h.proxy.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil))
}

// With a full disk the proxy still serves as long as Temporal is there. Without
// Temporal it asks senders to come again, and nothing is lost.
func TestDiskFull(t *testing.T) {
	h := open(t)
	h.receivers(0, "pay/disk")
	ok := func(said string) answer { return answer{status: http.StatusOK, said: said} }
	events := make([]event, 5)
	for n := range events {
		events[n] = number(stripe, n, "pay/disk", time.Now())
	}
	h.diskFull(true)
	h.eventually(10*time.Second, "/readyz shows it", func() bool { return h.get("/readyz") == http.StatusServiceUnavailable })
	require.Equal(t, ok("accepted"), h.post(postOf(events[0])), "Temporal takes it")
	require.Equal(t, ok("duplicate"), h.post(postOf(events[0])))

	h.killTemporal()
	for _, one := range events[1:3] {
		got := h.post(postOf(one))
		require.Equal(t, http.StatusServiceUnavailable, got.status, "neither can take it: %+v", got)
		require.NotEmpty(t, got.retryAfter)
	}
	require.Equal(t, ok("duplicate"), h.post(postOf(events[0])), "it is known all the same")
	require.Equal(t, 2, h.scrape()["unavailable"])

	h.diskFull(false)
	h.eventually(10*time.Second, "/readyz shows that there is room", func() bool { return h.get("/readyz") == http.StatusOK })
	require.Equal(t, ok("stored"), h.post(postOf(events[1])), "the sender comes again")
	h.diskFull(true)
	require.Equal(t, http.StatusServiceUnavailable, h.post(postOf(events[3])).status)
	require.Equal(t, ok("duplicate"), h.post(postOf(events[1])), "what is stored stays")
	h.killProxy() // with keys that it could not write, and one event in the inbox
	h.startProxy()
	h.startTemporal()
	h.worker.Kill() // a new one asks Temporal at once, the old one after a pause
	h.startWorker()
	for _, one := range events {
		require.Equal(t, http.StatusOK, h.post(postOf(one)).status)
	}
	h.emptied()
	h.once(events)
	runs := h.runs("pay/disk")
	require.Len(t, runs, 1)
	require.Len(t, runs[0], len(events), "Temporal was told of each once")
}
