package relay

import (
	"context"
	"time"

	"guestjourney/webhookproxy/telemetry/trouble"
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
	unheard := trouble.New(r.config.Logger.With("session", name), "a workflow does not hear that its session is watched")
	var asked time.Time
	for {
		if watched() && isNotFound(r.beatOnce(ctx, name)) && time.Since(asked) >= askEvery {
			asked = time.Now()
			if err := r.ask(ctx, name); ctx.Err() == nil {
				unheard.Say(words(err))
			}
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
func (r *Relay) ask(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return r.config.Client.SignalWorkflow(ctx, name, "", session.SignalWatched, session.Watched{})
}
