package relay

import (
	"context"
	"time"

	"guestjourney/workflows/session"
)

const (
	// beatEvery is how often a workflow hears that its session is watched.
	beatEvery = 2 * time.Second
	// askEvery is the least time between two signals that ask it to listen.
	askEvery = 10 * time.Second
)

// beat lets the workflow know that its session is watched, as long as it is. A beat
// that fails is not repeated: the next one is soon.
func (r *Relay) beat(ctx context.Context, name string, watched func() bool) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	var asked time.Time
	for {
		if watched() && isNotFound(r.beatOnce(ctx, name)) && time.Since(asked) >= askEvery {
			asked = time.Now()
			r.ask(ctx, name)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *Relay) beatOnce(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	return r.config.Client.RecordActivityHeartbeatByID(ctx, "", name, "", session.WatchActivity)
}

// ask asks the workflow to begin the activity that listens.
func (r *Relay) ask(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := r.config.Client.SignalWorkflow(ctx, name, "", session.SignalWatched, session.Watched{}); err != nil && ctx.Err() == nil {
		r.config.Logger.Warn("a workflow does not hear that its session is watched", "session", name, "error", words(err).Error())
	}
}
