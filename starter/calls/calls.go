// Package calls reads from a workflow's history what it asked of the world:
// which call, for which step, and how it ended.
//
// Called by the CLI, which shows calls as they happen and looks for what a dead
// workflow left open. It owns the reading of activity events and of effect
// keys. It promises that a call's text is codes only: no request and no answer
// of a provider leaves it.
package calls

import (
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/internal/temporalclient"
)

// Status is how a call stands.
type Status string

// The statuses of a call.
const (
	UnderWay  Status = "under way"
	Done      Status = "done"
	Failed    Status = "failed" // all attempts are used up
	Cancelled Status = "cancelled"
)

// Call is one call: an activity with all its attempts.
type Call struct {
	// Event is the one that scheduled it: the call's name within its run.
	Event    int64  `json:"event"`
	Activity string `json:"activity"`          // "payments.OpenCheckout"
	Summary  string `json:"summary,omitempty"` // "payment page: deposit"
	// Step is the ledger's name of the effect; empty for a reading.
	Step string `json:"step,omitempty"`
	// Outside: it leaves the house, for a provider.
	Outside bool      `json:"-"`
	At      time.Time `json:"at"` // when it was asked for
	Status  Status    `json:"status"`
	Ended   time.Time `json:"ended,omitzero"`
	Attempt int32     `json:"attempt,omitempty"` // the last one, from 1
	Error   string    `json:"error,omitempty"`
	// Permanent: the failure will not go away by itself.
	Permanent bool `json:"-"`
}

// Reader reads the events of one run in their order.
type Reader struct {
	data    converter.DataConverter
	failure converter.FailureConverter
	calls   map[int64]*Call // by the event that scheduled it
}

// NewReader reads payloads with the client's converter.
func NewReader(data converter.DataConverter) *Reader {
	return &Reader{data: data, failure: temporalclient.FailureConverter(data), calls: map[int64]*Call{}}
}

// Read returns the call that an event begins or ends; most events do neither.
func (r *Reader) Read(event *history.HistoryEvent) (Call, bool) {
	at := event.GetEventTime().AsTime()
	switch event.GetEventType() {
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		return *r.begin(event, at), true
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		started := event.GetActivityTaskStartedEventAttributes()
		if call := r.calls[started.GetScheduledEventId()]; call != nil {
			call.Attempt = started.GetAttempt()
		}
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		return r.end(event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId(), at, Done, nil)
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		failed := event.GetActivityTaskFailedEventAttributes()
		return r.end(failed.GetScheduledEventId(), at, Failed, r.failure.FailureToError(failed.GetFailure()))
	case enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		late := event.GetActivityTaskTimedOutEventAttributes()
		return r.end(late.GetScheduledEventId(), at, Failed, r.failure.FailureToError(late.GetFailure()))
	case enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		return r.end(event.GetActivityTaskCanceledEventAttributes().GetScheduledEventId(), at, Cancelled, nil)
	}
	return Call{}, false
}

func (r *Reader) begin(event *history.HistoryEvent, at time.Time) *Call {
	asked := event.GetActivityTaskScheduledEventAttributes()
	call := &Call{
		Event: event.GetEventId(), Activity: asked.GetActivityType().GetName(), At: at, Status: UnderWay,
		Outside: asked.GetTaskQueue().GetName() != options.QueueJourneys,
		Step:    Step(r.effect(asked.GetInput())),
	}
	// A summary that cannot be read leaves the name, which says enough.
	if summary := event.GetUserMetadata().GetSummary(); summary != nil {
		_ = r.data.FromPayload(summary, &call.Summary)
	}
	r.calls[event.GetEventId()] = call
	return call
}

func (r *Reader) end(scheduled int64, at time.Time, status Status, err error) (Call, bool) {
	call := r.calls[scheduled]
	if call == nil {
		return Call{}, false
	}
	delete(r.calls, scheduled)
	call.Status, call.Ended = status, at
	if err != nil {
		call.Error, call.Permanent = failure.Text(err), !failure.ClassOf(err).Retryable()
	}
	return *call, true
}

// effect is the key of a call that changes something.
func (r *Reader) effect(input *common.Payloads) string {
	var command struct {
		Effect options.Effect `json:"effect"`
	}
	// A reading has another input, and no effect.
	if payloads := input.GetPayloads(); len(payloads) == 1 {
		_ = r.data.FromPayload(payloads[0], &command)
	}
	return command.Effect.Key
}

// hashDigits is the length of the hash in an effect key.
const hashDigits = 12

// Step is the step of an effect key, which is
// <workflow ID>/<hash>/<step>/<generation>; empty if it is none.
func Step(key string) string {
	parts := strings.Split(key, "/")
	if len(parts) < 4 {
		return ""
	}
	// The step holds no slash, and the hash tells a key from other texts.
	hash, step := parts[len(parts)-3], parts[len(parts)-2]
	if len(hash) != hashDigits {
		return ""
	}
	return step
}
