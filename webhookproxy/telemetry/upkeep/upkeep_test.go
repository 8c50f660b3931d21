package upkeep_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/upkeep"
)

// diary notes what a store would be asked.
type diary struct {
	joined []time.Duration // how far behind
	purged []time.Duration // after the start
	kept   store.Retention
	begun  time.Time
}

func (d *diary) JoinECG(_ context.Context, before time.Time) (int, error) {
	d.joined = append(d.joined, time.Since(before))
	return 0, errors.New("the database is unavailable")
}

func (d *diary) Purge(_ context.Context, keep store.Retention) (store.Purged, error) {
	d.purged, d.kept = append(d.purged, time.Since(d.begun)), keep
	return store.Purged{}, errors.New("the database is unavailable")
}

// TestUpkeepGoesOnWhateverFails: every minute and every day.
func TestUpkeepGoesOnWhateverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notes := &diary{begun: time.Now()}
		keep := store.Retention{Transitions: 7 * 365 * 24 * time.Hour}
		ctx, cancel := context.WithCancel(t.Context())
		go upkeep.Run(ctx, notes, keep, slog.New(slog.DiscardHandler))
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		require.Len(t, notes.joined, 25*60)
		require.Equal(t, 2*time.Minute, notes.joined[0])
		require.Equal(t, []time.Duration{10 * time.Minute, 24*time.Hour + 10*time.Minute}, notes.purged)
		require.Equal(t, keep, notes.kept)
		cancel()
	})
}
