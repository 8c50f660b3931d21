package follow

import (
	"context"
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
)

// heard is one event of a history, or its end.
type heard struct {
	workflow string
	event    *history.HistoryEvent
	err      error // the stream broke
}

// listen follows a workflow's history, and the run after it if there is one,
// until the workflow closes. The server answers when there is something new.
func (f *follower) listen(ctx context.Context, id string) {
	run := ""
	for {
		next, err := f.listenTo(ctx, id, run)
		if err != nil {
			f.hear(ctx, heard{workflow: id, err: err})
			return
		}
		if next == "" {
			return
		}
		run = next
	}
}

// listenTo follows one run and returns the one that it continues as.
func (f *follower) listenTo(ctx context.Context, id, run string) (next string, err error) {
	events := f.temporal.GetWorkflowHistory(ctx, id, run, true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return "", err
		}
		f.hear(ctx, heard{workflow: id, event: event})
		next = event.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
	return next, nil
}

func (f *follower) hear(ctx context.Context, what heard) {
	select {
	case f.heard <- what:
	case <-ctx.Done():
	}
}

// closing is how a workflow closed, or empty while it goes on.
func closing(event *history.HistoryEvent) string {
	switch event.GetEventType() {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		return "completed"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		return "failed"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		return "timed out"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		return "cancelled"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		return "terminated"
	}
	return ""
}

// missing: another workflow of the story need not exist (yet, or any more).
func missing(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}
