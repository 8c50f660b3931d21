package kit

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// ErrStepWaits says that a patient step failed for now: it has a later turn of
// its own, at StepTurn.
var ErrStepWaits = errors.New("the step waits for its next turn")

// ErrStepMissed says that a step's time passed before it succeeded.
var ErrStepMissed = errors.New("the step's time has passed")

// StepStatus is where an effect stands.
type StepStatus string

// The statuses of a step.
const (
	StepNew      StepStatus = ""
	StepTrying   StepStatus = "trying"   // an attempt is under way or was cut off
	StepRetrying StepStatus = "retrying" // waits before it tries again by itself
	StepParked   StepStatus = "parked"   // waits for retry_step, or for skip_step where that is offered
	StepDone     StepStatus = "done"
	StepSkipped  StepStatus = "skipped"
	StepMissed   StepStatus = "missed"
)

// Entry is one effect in the ledger.
type Entry struct {
	Status     StepStatus      `json:"status"`
	Generation int             `json:"generation,omitempty"`
	Digest     string          `json:"digest,omitempty"`
	Tries      int             `json:"tries,omitempty"`  // rounds of three attempts
	Waited     int             `json:"waited,omitempty"` // rounds that an open circuit refused
	Unsent     int             `json:"unsent,omitempty"` // of those, the ones of which nothing had left
	Since      time.Time       `json:"since,omitzero"`
	NextTry    time.Time       `json:"nextTry,omitzero"`
	Error      string          `json:"error,omitempty"`
	Result     json.RawMessage `json:"result,omitempty"`
	Skippable  bool            `json:"skippable,omitempty"`
}

// Step is one effect as a stage asks for it.
type Step[R, T any] struct {
	Name    string
	Request R
	Call    func(workflow.Context, options.Effect, R) options.Result[T]
	// Guest marks a message to the guest: it waits while an operator holds.
	Guest bool
	// Skippable lets an operator give the step up, where skip_step is offered. Money
	// and consent are not.
	Skippable bool
	// Before is when the step stops to make sense; zero means never.
	Before time.Time
	// Patient makes a failure return ErrStepWaits at once, for a caller that has
	// other things to do meanwhile and asks again when the step's turn has come.
	Patient bool
	// forget keeps no result and no entry: a reading.
	forget bool
	// strict makes a permanent failure the caller's InvalidInput.
	strict bool
}

// Do makes one effect, exactly once in the life of the workflow ID's chain of
// runs. It returns what was recorded if it was done before. It ends with
// ErrLeave, ErrDiverted or ErrStepMissed, never with a provider's failure: that
// is waited out here. A permanent failure parks the step for an operator;
// anything else is tried again by itself with the same key. It panics in a
// workflow that does not offer retry_step.
func Do[R, T any](ctx workflow.Context, c *Core, step Step[R, T]) (T, error) {
	c.mustRetry(step.Name)
	entry := c.entry(step.Name)
	entry.Skippable = step.Skippable
	for {
		var result T
		switch {
		case entry.Status == StepSkipped || entry.Status == StepMissed:
			return result, nil
		case entry.Status == StepDone && entry.Digest == digest(step.Request):
			return decodeResult[T](step.Name, entry.Result), nil
		case entry.Status == StepDone || entry.changed(digest(step.Request)):
			c.park(ctx, step.Name, entry, "the effect key was used with other parameters", failure.EffectConflict)
		case step.Patient && c.waits(ctx, step.Name, entry):
			if c.late(ctx, step.Before) {
				return result, c.miss(ctx, step.Name, entry)
			}
			return result, ErrStepWaits
		case entry.Status == StepRetrying || entry.Status == StepParked:
			if err := c.awaitTurn(ctx, step.Name, entry, step.Before); err != nil {
				return result, err
			}
			continue
		default:
			if err := c.mayStart(ctx, step.Name, entry, step.Guest, step.Before); err != nil {
				return result, err
			}
			done, err := attempt(ctx, c, step, entry)
			if err != nil && step.strict && !failure.ClassOf(err).Retryable() {
				delete(c.common.Ledger, step.Name)
				return result, InvalidInput(failure.Text(err))
			}
			if err != nil {
				c.failed(ctx, step.Name, entry, err)
				continue
			}
			c.succeed(step.Name, entry)
			if step.forget {
				delete(c.common.Ledger, step.Name)
			} else {
				entry.Result = encodeResult(done)
			}
			return done, nil
		}
	}
}

// untried says that no attempt can have reached the provider.
func (e *Entry) untried() bool { return e.Tries == e.Unsent }

// changed says whether an effect that may have been made is now asked for with
// other parameters.
func (e *Entry) changed(now string) bool {
	return e.Status != StepParked && !e.untried() && e.Digest != "" && e.Digest != now
}

// Ask reads something. It waits out failures like Do and keeps no record.
func Ask[R, T any](ctx workflow.Context, c *Core, name string, request R, call func(workflow.Context, R) options.Result[T]) (T, error) {
	return Do(ctx, c, Step[R, T]{
		Name: name, Request: request, forget: true,
		Call: func(ctx workflow.Context, _ options.Effect, request R) options.Result[T] { return call(ctx, request) },
	})
}

// Require is Ask for what the start input names: if it does not exist, the
// workflow fails with InvalidInput at once.
func Require[R, T any](ctx workflow.Context, c *Core, name string, request R, call func(workflow.Context, R) options.Result[T]) (T, error) {
	return Do(ctx, c, Step[R, T]{
		Name: name, Request: request, forget: true, strict: true,
		Call: func(ctx workflow.Context, _ options.Effect, request R) options.Result[T] { return call(ctx, request) },
	})
}

func attempt[R, T any](ctx workflow.Context, c *Core, step Step[R, T], entry *Entry) (T, error) {
	effect := options.Effect{
		Key:      c.EffectKey(step.Name, entry.Generation),
		FirstTry: entry.untried() && !c.common.WasReset,
		Since:    entry.Since,
		Run:      workflow.GetInfo(ctx).WorkflowExecution.RunID,
	}
	entry.Status, entry.Digest = StepTrying, digest(step.Request)
	entry.Tries++
	result := step.Call(options.WithStep(ctx, step.Name), effect, step.Request)
	c.waiting, c.until = step.Name, time.Time{}
	c.wait(ctx, result.Future.IsReady)
	c.waiting = ""
	return result.Get(ctx)
}

// mayStart checks, right before the effect, that it should still happen.
func (c *Core) mayStart(ctx workflow.Context, name string, entry *Entry, guest bool, before time.Time) error {
	var err error
	c.waiting, c.until = "release, then "+name, c.common.HeldUntil
	c.wait(ctx, func() bool {
		switch {
		case c.diverted():
			err = ErrDiverted
		case !guest || !c.Held():
			return true
		case c.leaving(ctx):
			err = ErrLeave
		}
		return err != nil
	})
	c.waiting = ""
	if err != nil {
		return err
	}
	if c.late(ctx, before) {
		return c.miss(ctx, name, entry)
	}
	if entry.Since.IsZero() {
		entry.Since = workflow.Now(ctx).UTC()
	}
	return nil
}

func (c *Core) miss(ctx workflow.Context, name string, entry *Entry) error {
	entry.Status = StepMissed
	c.Note(ctx, "step", name+": its time has passed; not done")
	c.settleStep(name)
	return ErrStepMissed
}

func (c *Core) succeed(name string, entry *Entry) {
	entry.Status, entry.Error, entry.NextTry = StepDone, "", time.Time{}
	c.settleStep(name)
}

func (c *Core) settleStep(name string) {
	c.Settle(PrefixRetrying + name)
	c.Settle(PrefixParked + name)
}

// failed decides what becomes of a step whose attempts are used up.
func (c *Core) failed(ctx workflow.Context, name string, entry *Entry, err error) {
	class := failure.ClassOf(err)
	if !class.Retryable() {
		c.park(ctx, name, entry, failure.Text(err), class)
		return
	}
	now := workflow.Now(ctx).UTC()
	entry.Status, entry.Error = StepRetrying, failure.Text(err)
	if open := failure.OpenFor(err); open > 0 {
		entry.Waited++
		if failure.Untouched(err) {
			entry.Unsent++
		}
		entry.NextTry = now.Add(c.spread(name, entry.Tries, c.circuitPause(open, entry.Waited)))
		return
	}
	entry.NextTry = now.Add(c.pause(name, entry.Tries-entry.Waited))
}

// circuitPause waits out an open circuit. A step that finds it open again and
// again asks less often, up to the first interval of a step that fails: through
// an outage of a day its history would grow by thousands of events.
func (c *Core) circuitPause(open time.Duration, waited int) time.Duration {
	longest := max(open, c.pace.RetryFirst.Value())
	for range waited - 1 {
		open = min(2*open, longest)
	}
	return open
}

func (c *Core) park(ctx workflow.Context, name string, entry *Entry, reason string, class failure.Class) {
	entry.Status, entry.Error = StepParked, reason
	c.Note(ctx, "step", fmt.Sprintf("%s parked (%s): %s", name, class, reason))
	c.Settle(PrefixRetrying + name)
	c.Raise(ctx, PrefixParked+name)
}

// pause before the next round: the first interval, doubling to the cap.
func (c *Core) pause(name string, tries int) time.Duration {
	pause := c.pace.RetryFirst.Value()
	for range tries - 1 {
		pause = min(2*pause, c.pace.RetryMax.Value())
	}
	return c.spread(name, tries, pause)
}

// spread adds up to 10 %, so that journeys do not come back in one herd. The
// share is a function of step and round, because workflow code has no randomness.
func (c *Core) spread(name string, round int, pause time.Duration) time.Duration {
	share := int64(0)
	for _, r := range shortHash(fmt.Sprintf("%s/%s/%d", c.key, name, round)) {
		share = (share*31 + int64(r)) % 1000
	}
	return pause + time.Duration(int64(pause)/10*share/1000)
}

// awaitTurn waits until a retrying or parked step may go on: its time has come,
// or an operator said so.
func (c *Core) awaitTurn(ctx workflow.Context, name string, entry *Entry, before time.Time) error {
	attentionAt := c.attentionAt(entry)
	for entry.Status == StepRetrying || entry.Status == StepParked {
		now := workflow.Now(ctx).UTC()
		if entry.Status == StepRetrying && !now.Before(attentionAt) {
			c.Raise(ctx, PrefixRetrying+name)
		}
		if entry.Status == StepRetrying && !now.Before(entry.NextTry) {
			entry.Status = StepNew
			return nil
		}
		if c.late(ctx, before) {
			return c.miss(ctx, name, entry)
		}
		if err := c.pauseUntil(ctx, name, entry, earliest(now, attentionAt, entry, before)); err != nil {
			return err
		}
	}
	return nil
}

// attentionAt is when a step that keeps failing needs a person: after its own
// time, or at the stage's deadline for attention.
func (c *Core) attentionAt(entry *Entry) time.Time {
	at := entry.Since.Add(c.pace.AttentionAfter.Value())
	for _, name := range workflow.DeterministicKeys(c.common.Deadlines) {
		if deadline := c.common.Deadlines[name]; deadline.Class == ClassAttention && deadline.At.Before(at) {
			at = deadline.At
		}
	}
	return at
}

// earliest is the next instant at which awaitTurn has something to do.
func earliest(now, attentionAt time.Time, entry *Entry, before time.Time) time.Time {
	var next time.Time
	consider := func(at time.Time) {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if entry.Status == StepRetrying {
		consider(attentionAt)
		consider(entry.NextTry)
	}
	consider(before)
	return next
}

// waits says whether a step's turn is still to come, and asks for a person when
// it has failed for long.
func (c *Core) waits(ctx workflow.Context, name string, entry *Entry) bool {
	if entry.Status == StepParked {
		return true
	}
	if entry.Status != StepRetrying {
		return false
	}
	now := workflow.Now(ctx)
	if !now.Before(c.attentionAt(entry)) {
		c.Raise(ctx, PrefixRetrying+name)
	}
	if now.Before(entry.NextTry) {
		return true
	}
	entry.Status = StepNew
	return false
}

// StepTurn is when a patient step should be asked for again; the zero time
// means that it waits for an operator.
func (c *Core) StepTurn(name string) time.Time {
	if entry, ok := c.common.Ledger[name]; ok && entry.Status == StepRetrying {
		return entry.NextTry
	}
	return time.Time{}
}

// StepAttention is when a step that keeps failing needs a person.
func (c *Core) StepAttention(name string) time.Time {
	if entry, ok := c.common.Ledger[name]; ok && entry.Status == StepRetrying {
		return c.attentionAt(entry)
	}
	return time.Time{}
}

func (c *Core) late(ctx workflow.Context, before time.Time) bool {
	return !before.IsZero() && !workflow.Now(ctx).Before(before)
}

func (c *Core) pauseUntil(ctx workflow.Context, name string, entry *Entry, at time.Time) error {
	status := entry.Status
	var timer workflow.Future
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	if !at.IsZero() {
		timer = workflow.NewTimerWithOptions(timerCtx, at.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: options.Summary(string(status) + " " + name)})
	}
	var err error
	c.waiting, c.until = string(status)+" step "+name, at
	defer func() { c.waiting = "" }()
	c.wait(ctx, func() bool {
		switch {
		case c.diverted():
			err = ErrDiverted
		case entry.Status != status || (timer != nil && timer.IsReady()):
			return true
		case c.leaving(ctx):
			err = ErrLeave
		}
		return err != nil
	})
	return err
}

func (c *Core) entry(name string) *Entry {
	entry, ok := c.common.Ledger[name]
	if !ok {
		entry = &Entry{}
		c.common.Ledger[name] = entry
	}
	return entry
}

// StepStatusOf returns where a step stands.
func (c *Core) StepStatusOf(name string) StepStatus {
	if entry, ok := c.common.Ledger[name]; ok {
		return entry.Status
	}
	return StepNew
}

// GiveUp ends a step that something newer has replaced, unless it is done.
func (c *Core) GiveUp(name string) {
	entry, ok := c.common.Ledger[name]
	if ok && entry.Status != StepDone && entry.Status != StepSkipped {
		entry.Status = StepMissed
		c.settleStep(name)
	}
}

// PassOver decides for good that a step is not made, and says why.
func (c *Core) PassOver(ctx workflow.Context, name, why string) error {
	c.entry(name).Status = StepMissed
	c.Note(ctx, "step", name+" not made: "+why)
	return ErrStepMissed
}

// Forget removes a finished step whose repetition is excluded otherwise, so
// that an entity's ledger does not grow for ever.
func (c *Core) Forget(name string) { delete(c.common.Ledger, name) }

func encodeResult(result any) json.RawMessage {
	data, err := json.Marshal(result)
	if err != nil {
		panic(fmt.Sprintf("result %T cannot be written as JSON: %v", result, err))
	}
	return data
}

func decodeResult[T any](name string, data json.RawMessage) T {
	var result T
	if err := json.Unmarshal(data, &result); err != nil {
		panic(fmt.Sprintf("the recorded result of step %s cannot be read: %v", name, err))
	}
	return result
}
