package watch

import (
	"context"
	"errors"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
)

const (
	// tailPage is how many batches are read at once.
	tailPage  = 256
	tickEvery = time.Second
	// checkpointEvery is how much a new owner reads again at most. A checkpoint has
	// five minutes of beats: one for every batch would be most of the work.
	checkpointEvery = 5 * time.Second
	// renewEvery leaves two more tries before the lease ends.
	renewEvery = time.Second
)

// unsaved is what the detector has found since the last commit.
type unsaved struct {
	findings      []finding
	progress      store.Progress
	savedAt       time.Time
	savedPosition int64
	renewedAt     time.Time
}

// read takes in all batches that are there.
func (o *owner) read(ctx context.Context) error {
	for {
		rows, err := o.tail(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Unreadable != nil {
				o.w.config.Logger.Error("a batch cannot be read and is not judged", "session", o.name, "error", row.Unreadable.Error())
			} else if err := o.take(ctx, row); err != nil {
				return err
			}
			o.position = row.Position
		}
		if len(rows) < tailPage {
			return nil
		}
	}
}

func (o *owner) tail(ctx context.Context) ([]store.Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return o.w.config.Store.Tail(ctx, o.name, o.position, tailPage)
}

// take feeds one batch, unless it is not to be judged.
func (o *owner) take(ctx context.Context, row store.Stored) error {
	if o.name != store.Unassigned && row.Batch.Device != o.assignment.Device {
		if err := o.askDevice(ctx); err != nil {
			return err
		}
		// What the session's device before has left is on record, and was not lost.
		if row.Batch.Device != o.assignment.Device && (row.Batch.Backfill || row.At.Before(o.assignment.Since)) {
			return nil
		}
	}
	found := o.detector.Feed(row.Batch, row.At)
	return o.keep(found, row.Batch.Device, row.At)
}

// askDevice learns of a device whose batches came before the news of it.
func (o *owner) askDevice(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := o.w.config.Store.DeviceOf(ctx, o.name)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.configure(found)
}

// tick lets time pass.
func (o *owner) tick() error {
	now := o.w.config.Now()
	if now.Sub(o.ticked) < tickEvery && !now.Before(o.ticked) {
		return nil
	}
	o.ticked = now
	return o.keep(o.detector.Tick(now), o.assignment.Device, time.Time{})
}

// keep holds what was found until it is committed.
func (o *owner) keep(found detector.Output, device string, received time.Time) error {
	now := o.w.config.Now()
	for _, gap := range found.Gaps {
		o.unsaved.progress.Gaps = append(o.unsaved.progress.Gaps, store.Gap{Device: device, Gap: gap, FoundAt: now})
	}
	for _, t := range found.Transitions {
		row, err := outbox.Row(o.name, t)
		if err != nil {
			return err
		}
		o.unsaved.progress.Transitions = append(o.unsaved.progress.Transitions, row)
		o.unsaved.findings = append(o.unsaved.findings, finding{t, received})
	}
	return nil
}

// save commits what is due, or extends the lease. all: also what is not due yet.
func (o *owner) save(ctx context.Context, all bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now, pending := o.w.config.Now(), o.unsaved.progress
	moved := o.position != o.unsaved.savedPosition && (all || now.Sub(o.unsaved.savedAt) >= checkpointEvery)
	if len(pending.Transitions)+len(pending.Gaps) > 0 || moved {
		return o.commit(ctx)
	}
	if now.Sub(o.unsaved.renewedAt) < renewEvery {
		return nil
	}
	return o.renew(ctx)
}

func (o *owner) commit(ctx context.Context) error {
	progress := o.unsaved.progress
	var err error
	if progress.Checkpoint, err = o.detector.Checkpoint(); err != nil {
		return err
	}
	progress.Position = o.position
	lease, err := o.w.config.Store.Commit(ctx, o.lease, progress)
	if err != nil {
		return err
	}
	now := o.w.config.Now()
	o.w.metrics.committed(o.unsaved.findings, now)
	o.lease = lease
	o.unsaved = unsaved{savedAt: now, savedPosition: o.position, renewedAt: now}
	if len(progress.Transitions) > 0 {
		nudge(o.found)
	}
	return nil
}

func (o *owner) renew(ctx context.Context) error {
	lease, err := o.w.config.Store.Renew(ctx, o.lease)
	if err != nil {
		return err
	}
	o.lease, o.unsaved.renewedAt = lease, o.w.config.Now()
	return nil
}
