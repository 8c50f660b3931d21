package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/trouble"
)

// owner watches one session for as long as it has the lease.
type owner struct {
	w     *Watcher
	name  string
	wake  chan struct{} // there is something to read, or the assignment has changed
	found chan struct{} // there are new transitions
	// alive is when the last turn was that reached the store, in ns since 1970; 0 when
	// the session has ended.
	alive atomic.Int64

	got        store.Ownership
	lease      store.Lease
	detector   *detector.Detector
	assignment store.Assignment
	position   int64 // of the last batch that the detector has seen
	ended      bool
	ticked     time.Time
	unsaved    unsaved
	trouble    *trouble.Trouble
}

// aliveFor is how old the last turn may be for a session to count as watched.
const aliveFor = 3 * time.Second

func newOwner(w *Watcher, got store.Ownership) *owner {
	return &owner{
		w: w, name: got.Session, got: got, lease: got.Lease, position: got.Position,
		wake: make(chan struct{}, 1), found: make(chan struct{}, 1),
		trouble: trouble.New(w.config.Logger.With("session", got.Session), "a session cannot be watched as it should"),
	}
}

// run watches until the lease is lost, the session is over or the context ends.
func (o *owner) run(ctx context.Context) {
	following, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() { o.w.config.Follower.Follow(following, o.name, o.found, o.watched) })
	lost := o.watch(ctx)
	stop()
	follower.Wait()
	if !lost {
		o.leave(ctx)
	}
}

// watch takes its turns, and says whether the lease was lost.
func (o *owner) watch(ctx context.Context) (lost bool) {
	for ctx.Err() == nil {
		over, err := o.turn(ctx)
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, store.ErrLeaseLost):
			o.w.config.Logger.Warn("a session is another process's now", "session", o.name)
			return true
		case errors.Is(err, store.ErrConflict):
			o.detector = nil // to be rebuilt from what was told
		case over:
			return false
		}
		o.trouble.Say(err)
		o.wait(ctx, err)
	}
	return false
}

// wait is until there is something to do.
func (o *owner) wait(ctx context.Context, err error) {
	timer := time.NewTimer(o.w.config.Poll)
	defer timer.Stop()
	wake := o.wake
	if err != nil {
		wake = nil // whatever comes in meanwhile, the store is not asked more often
	}
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// turn does all that there is to do now. over: nothing will come any more.
func (o *owner) turn(ctx context.Context) (over bool, err error) {
	if err := o.learn(ctx); err != nil {
		return false, err
	}
	if o.ended {
		return o.finish(ctx)
	}
	if o.detector == nil {
		if err := o.begin(ctx); err != nil {
			return false, err
		}
	}
	if err := o.read(ctx); err != nil {
		return false, err
	}
	if err := o.tick(); err != nil {
		return false, err
	}
	if err := o.save(ctx, false); err != nil {
		return false, err
	}
	o.alive.Store(o.w.config.Now().UnixNano())
	return false, nil
}

// watched says whether the session is being watched right now.
func (o *owner) watched() bool {
	return o.w.config.Now().Sub(time.Unix(0, o.alive.Load())) < aliveFor
}

// finish is for a session that has ended: it stays until nothing is owed.
func (o *owner) finish(ctx context.Context) (over bool, err error) {
	o.alive.Store(0)
	if o.detector != nil {
		if err := o.read(ctx); err != nil {
			return false, err
		}
		if err := o.save(ctx, true); err != nil {
			return false, err
		}
		o.detector = nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	owed, err := o.w.config.Store.Undelivered(ctx, o.name, 1)
	if err != nil || len(owed) == 0 {
		return err == nil, err
	}
	return false, o.renew(ctx)
}

// leave commits what is left and gives the lease back.
func (o *owner) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var err error
	if o.detector != nil {
		err = o.save(ctx, true)
	}
	err = errors.Join(err, o.w.config.Store.Release(ctx, o.lease))
	if err != nil && !errors.Is(err, store.ErrLeaseLost) {
		o.w.config.Logger.Error("a session was left in disorder; its next owner goes on from the last checkpoint", "session", o.name, "error", err.Error())
	}
}

// learn takes the present assignment in, and whether the session has ended.
func (o *owner) learn(ctx context.Context) error {
	if o.name == store.Unassigned || o.ended {
		return nil
	}
	if found, known := o.w.assignment(o.name); known {
		return o.configure(found)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	kept, err := o.w.config.Store.Session(ctx, o.name)
	if err != nil {
		return err
	}
	if o.ended = !kept.EndedAt.IsZero(); o.ended {
		return nil
	}
	found, err := o.w.config.Store.DeviceOf(ctx, o.name)
	switch {
	case err == nil:
		return o.configure(found)
	case !errors.Is(err, store.ErrNotFound):
		return err
	case o.detector != nil:
		return nil // it goes on being watched for the device that it had: its silence is an alarm
	}
	return o.configure(store.Assignment{Session: o.name, Settings: kept.Settings, Unreadable: kept.Unreadable})
}

// configure goes on by an assignment.
func (o *owner) configure(next store.Assignment) error {
	if o.detector != nil && !same(o.assignment, next) {
		now := o.w.config.Now()
		config, problem := ConfigOf(next, now)
		if problem != nil {
			o.w.config.Logger.Error("the settings of a session cannot be used", "session", o.name, "error", problem.Error())
		}
		if err := o.detector.Configure(config, now); err != nil {
			return fmt.Errorf("configure the watching of session %s: %w", o.name, err)
		}
	}
	o.assignment = next
	return nil
}
