package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.temporal.io/sdk/activity"
)

// Circuit says when calls to a provider are no longer made. It opens at so many
// failures in a row, or at that many within a minute if at least half of the
// calls failed, and closes again after three calls that went well.
type Circuit struct {
	// Failures opens it.
	Failures int
	// Open is how long it stays open before a call is tried again.
	Open time.Duration
	// NeverRefuses makes the circuit a report: it opens, shows it and closes like
	// any other, and every call is made all the same. For pages to staff, of which
	// one that was not tried is worse than many that fail.
	NeverRefuses bool
}

const (
	// circuitWindow and circuitBucket are the minute, in slices that leave it.
	circuitWindow = time.Minute
	circuitBucket = 5 * time.Second
	// circuitTrials are the calls that go well before it is closed again.
	circuitTrials = 3
	// circuitCrowd is what a call waits while others try the provider out.
	circuitCrowd = time.Second
	// circuitSteps bounds the steps of which a failure is remembered.
	circuitSteps = 4096
)

// circuits are the providers that open earlier, or stay open for longer, than
// the rest.
var circuits = map[string]Circuit{
	"hubspot":         {Failures: 5, Open: time.Minute},
	"sendgrid":        {Failures: 3, Open: 30 * time.Second},
	"sendgrid-paging": {Failures: 3, Open: 10 * time.Second, NeverRefuses: true},
	"stripe":          {Failures: 3, Open: 30 * time.Second},
	"twilio":          {Failures: 3, Open: 30 * time.Second},
	"twilio-paging":   {Failures: 3, Open: 10 * time.Second, NeverRefuses: true},
	"whatsapp":        {Failures: 5, Open: time.Minute},
}

var circuitOfTheRest = Circuit{Failures: 5, Open: 30 * time.Second}

// or fills the zero fields.
func (c Circuit) or(table Circuit) Circuit {
	if c.Failures == 0 {
		c.Failures = table.Failures
	}
	if c.Open == 0 {
		c.Open = table.Open
	}
	c.NeverRefuses = c.NeverRefuses || table.NeverRefuses
	return c
}

func circuitOf(name string) Circuit {
	if known, ok := circuits[name]; ok {
		return known
	}
	return circuitOfTheRest
}

// ErrCircuitOpen refuses a call before anything has left: the provider has
// failed so often that it is left alone for a while.
var ErrCircuitOpen = errors.New("the circuit is open: the provider has failed repeatedly")

// OpenError is an ErrCircuitOpen with the time until a call is tried again.
type OpenError struct{ Remaining time.Duration }

// Error names the remaining time.
func (e *OpenError) Error() string {
	return fmt.Sprintf("%s; tried again in %s", ErrCircuitOpen, e.Remaining.Round(time.Millisecond))
}

// Is makes it an ErrCircuitOpen.
func (e *OpenError) Is(target error) bool { return target == ErrCircuitOpen }

// CircuitState is whether calls to a provider are made.
type CircuitState int

// The states of a circuit.
const (
	CircuitClosed   CircuitState = iota // they are
	CircuitHalfOpen                     // a few, to try the provider out
	CircuitOpen                         // they are refused, unless it never refuses
)

// Circuit returns the present state of the provider's circuit.
func (c *Client) Circuit() CircuitState {
	switch c.breaker.gate.State() {
	case gobreaker.StateOpen:
		return CircuitOpen
	case gobreaker.StateHalfOpen:
		return CircuitHalfOpen
	default:
		return CircuitClosed
	}
}

// Standing is how the calls of this process to the provider fare.
type Standing struct {
	State CircuitState
	// Failures are those in a row that counted, since the last call that went
	// well.
	Failures int
	// LastSuccess is when a call last went well; zero if none has yet.
	LastSuccess time.Time
	// Circuit is the configuration in force.
	Circuit Circuit
}

// Standing returns how the calls fare now.
func (c *Client) Standing() Standing {
	standing := Standing{State: c.Circuit(), Failures: int(c.breaker.inARow.Load()), Circuit: c.breaker.set}
	if well := c.breaker.lastWell.Load(); well != 0 {
		standing.LastSuccess = time.Unix(0, well).UTC()
	}
	return standing
}

// Name returns the provider's name: "stripe".
func (c *Client) Name() string { return c.config.Name }

// breaker is a provider's circuit.
type breaker struct {
	gate   *gobreaker.TwoStepCircuitBreaker[struct{}]
	set    Circuit
	name   string
	logger *slog.Logger
	// openUntil is in Unix nanoseconds.
	openUntil atomic.Int64
	failures  atomic.Uint32 // that opened it last
	// inARow and lastWell, in Unix nanoseconds, outlast the changes of state, at
	// which the library forgets what it has counted.
	inARow   atomic.Int64
	lastWell atomic.Int64
	steps    steps
}

func newBreaker(name string, set Circuit, logger *slog.Logger) *breaker {
	b := &breaker{set: set, name: name, logger: logger}
	b.gate = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: name, MaxRequests: circuitTrials, Interval: circuitWindow, BucketPeriod: circuitBucket, Timeout: set.Open,
		ReadyToTrip:   b.trips,
		OnStateChange: b.changed,
		IsExcluded:    func(err error) bool { return errors.Is(err, errNotCounted) },
	})
	return b
}

// trips runs under the library's lock, right before the change that it asks for.
func (b *breaker) trips(counts gobreaker.Counts) bool {
	b.failures.Store(max(counts.ConsecutiveFailures, counts.TotalFailures))
	limit := uint32(b.set.Failures) //nolint:gosec // a small positive number, checked in New
	return counts.ConsecutiveFailures >= limit ||
		counts.TotalFailures >= limit && counts.TotalFailures >= counts.TotalSuccesses
}

// changed runs under the library's lock.
func (b *breaker) changed(_ string, from, to gobreaker.State) {
	level, remaining := slog.LevelInfo, time.Duration(0)
	if to == gobreaker.StateOpen {
		level, remaining = slog.LevelWarn, b.set.Open
		b.openUntil.Store(time.Now().Add(remaining).UnixNano())
	}
	b.logger.LogAttrs(context.Background(), level, "circuit "+to.String(), slog.String("circuit", b.name),
		slog.String("from", from.String()), slog.Uint64("failures", uint64(b.failures.Load())), slog.Duration("remaining", remaining))
}

// enter asks whether a call may be made, and returns what takes its outcome.
func (b *breaker) enter(ctx context.Context) (leave func(outcome), err error) {
	done, err := b.gate.Allow()
	switch {
	case err != nil && b.set.NeverRefuses:
		// Made beside the trials: only those say whether the provider is back.
		return b.note, nil
	case errors.Is(err, gobreaker.ErrOpenState):
		remaining := time.Until(time.Unix(0, b.openUntil.Load()))
		return nil, &OpenError{Remaining: max(remaining, time.Millisecond)}
	case err != nil:
		return nil, &OpenError{Remaining: circuitCrowd}
	}
	step, closed := stepOf(ctx), b.gate.State() == gobreaker.StateClosed
	return func(what outcome) {
		// While the provider is being tried out every failure counts: it shows
		// that the provider is not back.
		if what == outcomeFailed && !b.steps.first(step, time.Now()) && closed {
			what = outcomeUnknown
		}
		b.note(what)
		done(what.err())
	}, nil
}

// note remembers what a call has shown.
func (b *breaker) note(what outcome) {
	switch what {
	case outcomeWell:
		b.inARow.Store(0)
		b.lastWell.Store(time.Now().UnixNano())
	case outcomeFailed:
		b.inARow.Add(1)
	}
}

// outcome is what a call says of its provider's health.
type outcome int

const (
	outcomeUnknown outcome = iota // nothing: it was ended by us, or refused for its rate
	outcomeWell                   // the provider works, whatever it thinks of this request
	outcomeFailed
)

var (
	errNotCounted = errors.New("not counted")
	errFailed     = errors.New("failed")
)

func (o outcome) err() error {
	switch o {
	case outcomeWell:
		return nil
	case outcomeFailed:
		return errFailed
	default:
		return errNotCounted
	}
}

// outcome judges the call. A refusal of one guest's data is an answer like any
// other, and one for the rate has its own wait, which the provider names.
func (a *attempt) outcome(err error) outcome {
	status := a.trace.Status()
	switch {
	case errors.Is(err, ErrRate), status == http.StatusTooManyRequests, status == 0 && errors.Is(a.ctx.Err(), context.Canceled):
		return outcomeUnknown
	case err != nil, status == http.StatusRequestTimeout, status >= 500:
		return outcomeFailed
	default:
		return outcomeWell
	}
}

// stepOf names the step that a call belongs to; the attempts of one share it. A
// call outside of an activity is a step of its own.
func stepOf(ctx context.Context) string {
	if !activity.IsActivity(ctx) {
		return ""
	}
	info := activity.GetInfo(ctx)
	return info.WorkflowExecution.RunID + "/" + info.ActivityID
}

// steps remembers whose failure has been counted, for as long as failures count.
type steps struct {
	mutex  sync.Mutex
	failed map[string]time.Time
}

// first says whether no failure of the step has been counted in this window.
func (s *steps) first(step string, now time.Time) bool {
	if step == "" {
		return true
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if at, known := s.failed[step]; known && now.Sub(at) < circuitWindow {
		return false
	}
	if s.failed == nil || len(s.failed) >= circuitSteps {
		s.failed = s.recent(now)
	}
	s.failed[step] = now
	return true
}

// recent drops what no longer counts, and everything if nothing can be dropped:
// a failure that counts twice opens the circuit early, which does no harm.
func (s *steps) recent(now time.Time) map[string]time.Time {
	kept := map[string]time.Time{}
	for step, at := range s.failed {
		if now.Sub(at) < circuitWindow {
			kept[step] = at
		}
	}
	if len(kept) >= circuitSteps {
		return map[string]time.Time{}
	}
	return kept
}
