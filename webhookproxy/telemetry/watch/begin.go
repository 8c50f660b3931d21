package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
)

// rebuildPatience is how long the store may take for the last five minutes.
const rebuildPatience = 10 * time.Second

// begin makes the detector: from the checkpoint, or without one.
func (o *owner) begin(ctx context.Context) error {
	now := o.w.config.Now()
	config, problem := ConfigOf(o.assignment, now)
	if problem != nil {
		o.w.config.Logger.Error("the settings of a session cannot be used", "session", o.name, "error", problem.Error())
	}
	o.unsaved = unsaved{savedAt: now, savedPosition: o.position}
	if o.got.Unreadable != nil {
		o.w.config.Logger.Error("a checkpoint cannot be used; the session is rebuilt from its last minutes", "session", o.name, "error", o.got.Unreadable.Error())
	}
	checkpoint := o.got.Checkpoint
	o.got = store.Ownership{} // a second time there is a newer one, or none that is right
	if checkpoint == nil {
		return o.rebuild(ctx, config, now)
	}
	restored, err := detector.Restore(config, checkpoint, now)
	if errors.Is(err, detector.ErrCheckpoint) {
		return o.rebuild(ctx, config, now)
	}
	if err != nil {
		return err
	}
	o.detector = restored
	return nil
}

// rebuild makes a detector from the last minutes and from what was told.
func (o *owner) rebuild(ctx context.Context, config detector.Config, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, rebuildPatience)
	defer cancel()
	stored, err := o.w.config.Store.Range(ctx, o.name, now.Add(-detector.Window), now)
	if err != nil {
		return err
	}
	known, err := o.known(ctx)
	if err != nil {
		return err
	}
	var history []detector.Received
	position := o.position
	for _, one := range stored {
		position = max(position, one.Position)
		if one.Unreadable == nil && (one.Batch.Device == config.Device || o.name == store.Unassigned) {
			history = append(history, detector.Received{Batch: one.Batch, At: one.At})
		}
	}
	rebuilt, err := detector.Rebuild(config, history, known, now)
	if err != nil {
		return err
	}
	o.detector, o.position = rebuilt, position
	return nil
}

// knownPage is how many transitions are read at once.
const knownPage = 500

// known are the last transitions of every alarm.
func (o *owner) known(ctx context.Context) ([]detector.Transition, error) {
	last := map[string]detector.Transition{}
	var above uint64
	for {
		rows, err := o.w.config.Store.Transitions(ctx, o.name, above, knownPage)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			above = row.Number
			t, err := outbox.Read(row)
			if err != nil { // its number is taken all the same
				t = detector.Transition{Number: row.Number, Change: detector.Cleared}
			}
			last[t.Alarm] = t
		}
		if len(rows) < knownPage {
			return inOrder(last), nil
		}
	}
}

func inOrder(last map[string]detector.Transition) []detector.Transition {
	var known []detector.Transition
	for _, one := range last {
		known = append(known, one)
	}
	slices.SortFunc(known, func(a, b detector.Transition) int { return int(a.Number) - int(b.Number) })
	return known
}
