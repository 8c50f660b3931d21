// Package upkeep keeps the store of readings small.
//
// Called by the telemetry process, which runs it beside everything else. It owns when
// ECG is joined and when old things are removed. It promises that both are done in
// small steps, and that what fails is tried again at its next turn.
package upkeep

import (
	"context"
	"log/slog"
	"time"

	"guestjourney/webhookproxy/telemetry/store"
)

const (
	// joinBehind leaves the parts of a minute the time to come.
	joinEvery  = time.Minute
	joinBehind = 2 * time.Minute
	// firstPurge is soon: a process that is replaced every day purges all the same.
	firstPurge = 10 * time.Minute
	purgeEvery = 24 * time.Hour
	// patience is how long one turn may take.
	patience = 10 * time.Minute
)

// Store is what is kept small.
type Store interface {
	JoinECG(ctx context.Context, before time.Time) (joined int, err error)
	Purge(ctx context.Context, keep store.Retention) (store.Purged, error)
}

// Run works until the context ends.
func Run(ctx context.Context, kept Store, keep store.Retention, logger *slog.Logger) {
	join, purge := time.NewTicker(joinEvery), time.NewTimer(firstPurge)
	defer join.Stop()
	defer purge.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-join.C:
			joinECG(ctx, kept, logger)
		case <-purge.C:
			removeOld(ctx, kept, keep, logger)
			purge.Reset(purgeEvery)
		}
	}
}

func joinECG(ctx context.Context, kept Store, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := kept.JoinECG(ctx, time.Now().Add(-joinBehind)); err != nil && ctx.Err() == nil {
		logger.Error("ECG was not joined; it is tried again in a minute", "error", err.Error())
	}
}

func removeOld(ctx context.Context, kept Store, keep store.Retention, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	removed, err := kept.Purge(ctx, keep)
	if err != nil && ctx.Err() == nil {
		logger.Error("what is too old was not removed; it is tried again tomorrow", "error", err.Error())
		return
	}
	logger.Info("what was kept for long enough is removed", "readings", removed.Readings, "ecg", removed.ECG, "transitions", removed.Transitions)
}
