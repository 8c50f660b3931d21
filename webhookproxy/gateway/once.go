package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/parcel"
)

// delivery makes each event durable once from this process: with Temporal, else
// in the inbox. Repeats are known from three places, in this order: this
// process's memory, the inbox's keys, and Temporal, which knows the request ID
// within a run; workflows know the facts they have seen in any case.
type delivery struct {
	signaller Signaller
	inbox     inbox.Store
	seen      *seen
	flights   singleflight.Group
	wake      func()
	step      func(name string)
}

// once makes an event durable unless it is already; a repeat that comes while
// the first is under way waits for its result. It waits no longer than its own
// budget, because the first of the same provider began earlier. The context is
// for Temporal; what is left until the end is the inbox's.
func (d *delivery) once(ctx context.Context, end time.Time, p parcel.Parcel) (decision string, err error) {
	if d.seen.has(p.Key) {
		return decisionDuplicate, nil
	}
	first := false
	made, err, _ := d.flights.Do(string(p.Key[:]), func() (any, error) {
		first = true
		return d.accept(ctx, end, p)
	})
	if err == nil && !first {
		return decisionDuplicate, nil
	}
	return made.(string), err
}

// accept turns a panic below into an error: batches run in goroutines, where it
// would end the process and every other webhook with it.
func (d *delivery) accept(ctx context.Context, end time.Time, p parcel.Parcel) (decision string, err error) {
	defer func() {
		if value := recover(); value != nil {
			decision, err = decisionUnavailable, fmt.Errorf("%w: panic of type %T", ErrUnavailable, value)
		}
	}()
	if d.seen.has(p.Key) { // between the look before and this flight
		return decisionDuplicate, nil
	}
	if d.known(ctx, p.Key) {
		d.seen.recall(p.Key)
		return decisionDuplicate, nil
	}
	d.step(StepLookedUp)
	// What waits for a workflow goes before what comes later. If the inbox cannot
	// say, Temporal is asked all the same: an event out of order is better than
	// one that is lost.
	if behind, err := d.inbox.Pending(ctx, p.Signal.WorkflowID); behind && err == nil {
		return d.store(ctx, end, p, nil)
	}
	d.step(StepSignalling)
	decision, err = Hand(ctx, d.signaller, p)
	if decision == "" {
		return d.store(ctx, end, p, err)
	}
	d.step(StepSignalled)
	d.seen.add(p.Key, p.Remember)
	return decision, err
}

func (d *delivery) known(ctx context.Context, key inbox.Key) bool {
	known, err := d.inbox.Known(ctx, []inbox.Key{key})
	return err == nil && known[key] // without the inbox Temporal still knows it
}

// Hand hands an event to Temporal. It returns what became of it, or no decision
// and why it was not taken.
func Hand(ctx context.Context, signaller Signaller, p parcel.Parcel) (decision string, err error) {
	err = signaller.Signal(ctx, p.RequestID, p.Signal)
	switch {
	case err == nil:
		return decisionAccepted, nil
	case errors.Is(err, ErrClosed) && p.Moot:
		return decisionMoot, nil
	case errors.Is(err, ErrNoWorkflow):
		if err := signaller.Park(ctx, p); err != nil {
			return "", err
		}
		return decisionUnrouted, err
	}
	return "", err
}

// store puts the event into the inbox, committed, and tells why.
func (d *delivery) store(ctx context.Context, end time.Time, p parcel.Parcel, why error) (decision string, err error) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	event, err := p.Event()
	if err != nil {
		return decisionUnavailable, err
	}
	d.step(StepStoring)
	added, err := d.inbox.Add(ctx, []inbox.Event{event})
	switch {
	case err != nil:
		return decisionUnavailable, errors.Join(why, err)
	case !added[0]:
		d.seen.recall(p.Key)
		return decisionDuplicate, nil
	}
	d.step(StepStored)
	d.seen.recall(p.Key)
	d.wake()
	return decisionStored, why
}
