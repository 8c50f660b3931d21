package simulation_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/starter/dev/simulation"
	"guestjourney/webhookproxy/telemetry/reading"
)

// TestWhatWasNotAnsweredIsSentAgain: in its order, late as backfill, and what is
// refused once and for all holds up nothing.
func TestWhatWasNotAnsweredIsSentAgain(t *testing.T) {
	var keys reading.Keys
	require.NoError(t, keys.UnmarshalText([]byte("monitor-1=a-key-of-thirty-two-bytes-or-more-000")))
	var taken []reading.Batch
	status := http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		signed, err := keys.Receive(r.Header, body, time.Now())
		assert.NoError(t, err, "the signature")
		if status/100 == 2 {
			taken = append(taken, signed.Batch)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	var answers []int
	gateway := simulation.Gateway{
		URL: server.URL, Key: "a-key-of-thirty-two-bytes-or-more-000", Client: server.Client(),
		Answered: func(status int, _ time.Duration) { answers = append(answers, status) },
	}
	batch := func(sequence uint64) reading.Batch {
		return reading.Batch{Device: "monitor-1", Sequence: sequence, Samples: []reading.Sample{{At: begin, Leads: reading.LeadsOn}}}
	}

	require.ErrorContains(t, gateway.Send(t.Context(), batch(1), begin), "503")
	require.Error(t, gateway.Send(t.Context(), batch(2), begin.Add(4*time.Second)))
	require.Equal(t, 2, gateway.Waiting())
	status = http.StatusOK
	require.NoError(t, gateway.Send(t.Context(), batch(3), begin.Add(8*time.Second)))
	require.Zero(t, gateway.Waiting())
	require.Len(t, taken, 3)
	for i, backfill := range []bool{true, false, false} {
		assert.Equal(t, []any{uint64(i + 1), backfill}, []any{taken[i].Sequence, taken[i].Backfill})
	}
	status = http.StatusConflict
	require.NoError(t, gateway.Send(t.Context(), batch(4), begin))
	assert.Equal(t, []int{503, 503, 200, 200, 200, 409}, answers)
}
