package options

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Profile is a named set of activity options.
type Profile struct {
	// StartToClose bounds one attempt. It is longer than the provider layer's
	// own timeout, so that the adapter's error arrives, not Temporal's timeout.
	StartToClose time.Duration
	// ScheduleToClose bounds all attempts and the wait for a worker together:
	// no step waits silently for a queue that nobody polls.
	ScheduleToClose time.Duration
	// Attempts is the number of tries before the step's own retrying takes over; 0
	// is as many as fit into ScheduleToClose.
	Attempts int32
	// Priority within the queue; 0 is PriorityMessage.
	Priority int
	// RetryFirst is the pause before the second attempt, which doubles up to
	// RetryMax; 0 is 1 s, and 30 s.
	RetryFirst, RetryMax time.Duration
	// Heartbeat is how long an activity that lasts may say nothing; 0 is for those
	// that do not last.
	Heartbeat time.Duration
}

var (
	// Outside is every call that leaves the house: three attempts, 1 s,
	// doubling, 30 s at most.
	Outside = Profile{StartToClose: 35 * time.Second, ScheduleToClose: 5 * time.Minute, Attempts: 3}
	// Inside is every activity that talks to Temporal or to local files only.
	Inside = Profile{StartToClose: 10 * time.Second, ScheduleToClose: 5 * time.Minute, Attempts: 3}
	// Probe asks whether a provider can be used: one attempt, because the next
	// question comes by itself, and over before it comes.
	Probe = Profile{StartToClose: 35 * time.Second, ScheduleToClose: 45 * time.Second, Attempts: 1}
	// Page is a page to staff, and what is asked before one: tried again at once and
	// as often as fits before the ladder's next rung (30 s), which does not wait for
	// it. Nothing but time ends the tries of a page that may yet arrive.
	Page = Profile{
		StartToClose: 10 * time.Second, ScheduleToClose: 25 * time.Second, Attempts: 0, Priority: PriorityAlarm,
		RetryFirst: 200 * time.Millisecond, RetryMax: 2 * time.Second,
	}
	// Watch says whose readings are to be watched: while nobody knows, nobody
	// watches, and staff are told of that when the tries are used up.
	Watch = Profile{
		StartToClose: 10 * time.Second, ScheduleToClose: 15 * time.Second, Attempts: 0, Priority: PriorityAlarm,
		RetryFirst: 500 * time.Millisecond, RetryMax: 2 * time.Second,
	}
	// Guard lasts for as long as a session is watched, which is told by a heartbeat
	// every 2 s. With 6 s, and a good second of the server's, a silent guard is
	// known 8 s after the last one. One attempt: with more, the workflow would not
	// learn of the first that is lost.
	Guard = Profile{StartToClose: 96 * time.Hour, ScheduleToClose: 96 * time.Hour, Attempts: 1, Priority: PriorityAlarm, Heartbeat: 6 * time.Second}
	// Record is the writing and filing of a session's record: with twelve leads of ECG
	// it is read for minutes, and a step that has failed comes again by itself.
	Record = Profile{StartToClose: 15 * time.Minute, ScheduleToClose: 50 * time.Minute, Attempts: 3}
)

// Pace scales the waiting of a journey: a real one takes months, the example
// a minute, with the same code. Zero fields take the defaults.
type Pace struct {
	// StartToClose replaces the profile's bound of one attempt.
	StartToClose Duration `json:"startToClose,omitempty"`
	// AttentionAfter is how long a step may fail before an operator is told.
	AttentionAfter Duration `json:"attentionAfter,omitempty"`
	// RetryFirst is the first pause before a step tries again by itself.
	RetryFirst Duration `json:"retryFirst,omitempty"`
	// RetryMax caps that pause, which doubles.
	RetryMax Duration `json:"retryMax,omitempty"`
	// UndoGrace is how long a reschedule waits before the guest is told of it: a
	// slip of the hand that is put right meanwhile is told to nobody.
	UndoGrace Duration `json:"undoGrace,omitempty"`
}

// WithDefaults fills the zero fields: attention after 15 minutes, retries
// after 5 minutes doubling to 1 hour, 3 minutes to undo a reschedule.
func (p Pace) WithDefaults() Pace {
	fill := func(d *Duration, value time.Duration) {
		if *d == 0 {
			*d = Duration(value)
		}
	}
	fill(&p.AttentionAfter, 15*time.Minute)
	fill(&p.RetryFirst, 5*time.Minute)
	fill(&p.RetryMax, time.Hour)
	fill(&p.UndoGrace, 3*time.Minute)
	return p
}

type paceKey struct{}

// WithPace returns a context whose activity calls follow the pace.
func WithPace(ctx workflow.Context, pace Pace) workflow.Context {
	return workflow.WithValue(ctx, paceKey{}, pace)
}

func (p Profile) activityOptions(ctx workflow.Context, queue, summary string) workflow.ActivityOptions {
	startToClose := p.StartToClose
	if pace, ok := ctx.Value(paceKey{}).(Pace); ok && pace.StartToClose > 0 {
		startToClose = pace.StartToClose.Value()
	}
	return workflow.ActivityOptions{
		TaskQueue:              queue,
		StartToCloseTimeout:    startToClose,
		ScheduleToCloseTimeout: p.ScheduleToClose,
		Summary:                summarize(ctx, summary),
		Priority:               temporal.Priority{PriorityKey: p.Priority},
		RetryPolicy:            p.Retries(),
	}
}

// Retries is how a call of the profile is tried again.
func (p Profile) Retries() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval:    cmp.Or(p.RetryFirst, time.Second),
		BackoffCoefficient: 2,
		MaximumInterval:    cmp.Or(p.RetryMax, 30*time.Second),
		MaximumAttempts:    p.Attempts,
	}
}
