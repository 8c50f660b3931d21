package soak

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/starter/dev/simulation"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// mostComputed is the share of the cores that all programs together may take.
const mostComputed = 0.5

// lasting is how long guests send. SOAK_FOR changes it, for a trial.
func lasting(t *testing.T) time.Duration {
	t.Helper()
	lasts := size(10*time.Second, 10*time.Minute)
	if set := os.Getenv("SOAK_FOR"); full && set != "" {
		var err error
		lasts, err = time.ParseDuration(set)
		require.NoError(t, err, "SOAK_FOR")
	}
	return lasts
}

// TestAHundredGuests: vitals once a second with every interval between two beats. What
// was answered is stored, once, and all programs together leave half of the machine
// idle.
func TestAHundredGuests(t *testing.T) {
	beside(t)
	h, lasts := open(t), lasting(t)
	guests := h.admit(size(10, devices))
	calm, _ := simulation.Find("calm")
	plan := simulation.Plan{Lasts: lasts, URL: []string{"http://" + h.telemetryAddress}}
	for _, g := range guests {
		plan.Guests = append(plan.Guests, simulation.Wearer{Device: device(g.number), Key: deviceKey, Scenario: calm})
	}

	meter := h.measure()
	report := simulation.Run(t.Context(), plan)
	share := meter.share()
	t.Logf("%d guests for %s: all programs %.1f %% of %d cores (at most %.0f %%)", len(guests), lasts, 100*share, cores, 100*mostComputed)
	t.Logf("answers: %s", report)
	if full {
		require.Less(t, share, mostComputed)
	}

	require.Equal(t, map[int]int{http.StatusOK: report.Sent}, report.Statuses)
	require.Zero(t, report.Waiting+report.Dropped)
	seconds := int(lasts / time.Second)
	require.GreaterOrEqual(t, report.Sent, len(guests)*(seconds-1), "every second")
	stored, beats, kept := 0, 0, h.kept()
	for _, g := range guests {
		batches := g.stored(kept)
		stored, beats = stored+len(batches), beats+whole(t, batches)
		gaps, err := kept.Gaps(t.Context(), g.session)
		require.NoError(t, err)
		require.Empty(t, gaps)
	}
	t.Logf("%d batches answered, %d stored, %d beats: %d lost", report.Sent, stored, beats, report.Sent-stored)
	require.Equal(t, report.Sent, stored)
}

// stored are the batches of a session.
func (g *guest) stored(kept *store.Store) (all []reading.Batch) {
	t := g.house.t
	t.Helper()
	const page = 500
	for after := int64(0); ; {
		rows, err := kept.Tail(t.Context(), g.session, after, page)
		require.NoError(t, err)
		for _, row := range rows {
			require.NoError(t, row.Unreadable)
			all, after = append(all, row.Batch), row.Position
		}
		if len(rows) < page {
			return all
		}
	}
}

// whole sees that no number is missing, and that every beat's interval ends at the beat
// before. It returns the number of beats.
func whole(t *testing.T, batches []reading.Batch) (beats int) {
	t.Helper()
	var last time.Time
	for i, batch := range batches {
		require.Equal(t, batches[0].Sequence+uint64(i), batch.Sequence) //nolint:gosec // an index
		require.Len(t, batch.Samples, 1)
		for _, beat := range batch.Samples[0].Beats {
			if beats++; beats > 1 {
				require.NotNil(t, beat.RRMs)
				require.InDelta(t, float64(beat.At.Sub(last))/float64(time.Millisecond), *beat.RRMs, 0.01, "no beat is missing")
			}
			last = beat.At
		}
	}
	return beats
}
