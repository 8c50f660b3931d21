package proxytest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/workflows/kit"
)

// Temporal takes the signal and its answer is lost. The event goes into the inbox
// and from there to Temporal once more, under the same request ID: within a run
// the server knows it, after a continue-as-new the workflow does.
func TestAnswerLost(t *testing.T) {
	h := open(t)
	for name, test := range map[string]struct {
		target    string
		first     int
		continues bool
	}{
		"in the same run":        {"pay/same", 1, false},
		"over a continue-as-new": {"pay/next", 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			h.receivers(0, test.target)
			first, lost := number(stripe, test.first, test.target, time.Now()), number(stripe, test.first+1, test.target, time.Now())
			want := []arrivals{{first.id, lost.id}}
			require.Equal(t, answer{status: http.StatusOK, said: "accepted"}, h.post(postOf(first)), "the proxy is connected")
			forwarded := h.scrape()["forwarded accepted"]
			h.gate.deafen()
			require.Equal(t, answer{status: http.StatusOK, said: "stored"}, h.post(postOf(lost)))
			require.Positive(t, h.gate.lost(), "an answer was lost")
			h.once([]event{first, lost}) // it has its effect before the inbox has handed it on
			require.Equal(t, 1, h.scrape()["holds waiting"])
			if test.continues {
				require.NoError(t, h.client.SignalWorkflow(t.Context(), test.target, "", kit.SignalContinueAsNew, kit.Empty{}))
				want = append(want, arrivals{lost.id}) // which the workflow knows
				h.eventually(20*time.Second, "the next run", func() bool { return len(h.runs(test.target)) == 2 })
			}
			h.gate.restore()
			h.emptied()
			require.Equal(t, forwarded+1, h.scrape()["forwarded accepted"])
			require.Equal(t, want, h.runs(test.target))
			h.once([]event{first, lost})
			require.Equal(t, answer{status: http.StatusOK, said: "duplicate"}, h.post(postOf(lost)))
		})
	}
}
