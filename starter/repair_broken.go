package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"guestjourney/internal/views"
	"guestjourney/starter/calls"
	"guestjourney/starter/follow"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// broken lists what was terminated, failed or timed out while something was
// open: effects that may or may not have happened, or workflows that live on
// without the one that steers them.
func broken(ctx context.Context, s *session, limit int) ([]Repair, error) {
	found, err := find(ctx, s, views.Abnormal(), limit)
	if err != nil {
		return nil, err
	}
	var repairs []Repair
	for _, one := range found {
		repair, err := brokenOne(ctx, s, one)
		if err != nil {
			return nil, err
		}
		if repair != nil {
			repairs = append(repairs, *repair)
		}
	}
	return repairs, nil
}

func brokenOne(ctx context.Context, s *session, one Listed) (*Repair, error) {
	latest, err := s.DescribeWorkflowExecution(ctx, one.WorkflowID, "")
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", one.WorkflowID, err)
	}
	if latest.GetWorkflowExecutionInfo().GetExecution().GetRunId() != one.RunID {
		return nil, nil // a reset has taken it up
	}
	left, err := leftBy(ctx, s, one)
	if err != nil {
		return nil, err
	}
	alive, err := leftRunning(ctx, s, left.others())
	if err != nil {
		return nil, err
	}
	if len(left.open) == 0 && len(alive) == 0 {
		return nil, nil
	}
	repair := &Repair{Kind: repairBroken, Workflow: one.WorkflowID, RunID: one.RunID, What: []string{strings.ToLower(one.Execution) + " in " + one.Stage}}
	for _, step := range slices.Sorted(maps.Keys(left.open)) {
		repair.What = append(repair.What, step+" "+left.open[step])
	}
	repair.Commands = []string{fmt.Sprintf("temporal workflow reset --namespace %s --workflow-id %s --run-id %s --type LastWorkflowTask --reason <why>   # goes on where it was, with the same effect keys",
		s.ui.Namespace, one.WorkflowID, one.RunID)}
	for _, other := range alive {
		repair.What = append(repair.What, other.id+" still runs")
		repair.Commands = append(repair.Commands, endCommand(other.workflowType, other.id))
	}
	return repair, nil
}

// left is what a dead workflow left behind.
type left struct {
	data converter.DataConverter
	open map[string]string // steps, and how they stand
	// state is what the run began with.
	state struct {
		Common kit.Common     `json:"common"`
		Money  follow.Money   `json:"money"`
		Sess   follow.Session `json:"session"`
	}
	children []string
}

// leftBy reads the history of a run: it needs no worker. Where one answers, it
// knows better which steps have been given up.
func leftBy(ctx context.Context, s *session, one Listed) (left, error) {
	l := left{data: s.data, open: map[string]string{}}
	reader := calls.NewReader(s.data)
	events := s.GetWorkflowHistory(ctx, one.WorkflowID, one.RunID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return l, fmt.Errorf("read the history of %s: %w", one.WorkflowID, err)
		}
		if err := l.read(event, reader); err != nil {
			return l, fmt.Errorf("read the history of %s: %w", one.WorkflowID, err)
		}
	}
	if one.Type == inbox.Type {
		l.open["the fact"] = "has reached no workflow"
	}
	if len(l.open) > 0 && one.Type == journey.Type {
		l.keepKnown(ctx, s, one.WorkflowID)
	}
	return l, nil
}

func (l *left) read(event *history.HistoryEvent, reader *calls.Reader) error {
	if call, ok := reader.Read(event); ok && call.Step != "" {
		l.take(call)
	}
	switch event.GetEventType() {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		return l.begin(event.GetWorkflowExecutionStartedEventAttributes())
	case enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
		l.children = append(l.children, event.GetChildWorkflowExecutionStartedEventAttributes().GetWorkflowExecution().GetWorkflowId())
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		return l.skip(event.GetWorkflowExecutionUpdateAcceptedEventAttributes())
	}
	return nil
}

// begin takes over what earlier runs left open.
func (l *left) begin(started *history.WorkflowExecutionStartedEventAttributes) error {
	payloads := started.GetInput().GetPayloads()
	if len(payloads) != 1 {
		return nil
	}
	var input struct {
		State json.RawMessage `json:"state"`
	}
	if err := l.data.FromPayload(payloads[0], &input); err != nil {
		return fmt.Errorf("its input: %w", err)
	}
	if len(input.State) == 0 {
		return nil
	}
	if err := json.Unmarshal(input.State, &l.state); err != nil {
		return fmt.Errorf("its state: %w", err)
	}
	for step, entry := range l.state.Common.Ledger {
		switch entry.Status {
		case kit.StepTrying, kit.StepRetrying, kit.StepParked:
			l.open[step] = string(entry.Status)
		}
	}
	return nil
}

func (l *left) take(call calls.Call) {
	switch {
	case call.Status == calls.Done:
		delete(l.open, call.Step)
	case call.Status == calls.Failed && call.Permanent:
		l.open[call.Step] = "parked: " + call.Error
	case call.Status == calls.Failed:
		l.open[call.Step] = "was to be tried again: " + call.Error
	default:
		l.open[call.Step] = "was under way: it may have happened"
	}
}

// skip forgets a step that an operator gave up.
func (l *left) skip(accepted *history.WorkflowExecutionUpdateAcceptedEventAttributes) error {
	input := accepted.GetAcceptedRequest().GetInput()
	payloads := input.GetArgs().GetPayloads()
	if input.GetName() != kit.UpdateSkipStep || len(payloads) != 1 {
		return nil
	}
	var command kit.StepCommand
	if err := l.data.FromPayload(payloads[0], &command); err != nil {
		return fmt.Errorf("an update: %w", err)
	}
	delete(l.open, command.Step)
	return nil
}

// keepKnown drops steps that the journey itself does not hold for open: their
// time has passed. Without an answer the history's word stands.
func (l *left) keepKnown(ctx context.Context, s *session, id string) {
	ctx, cancel := context.WithTimeout(ctx, askedWithin/5)
	defer cancel()
	var status journey.Overview
	if err := askInto(ctx, s, id, kit.QueryStatus, &status); err != nil {
		return
	}
	known := map[string]bool{}
	for _, step := range status.Steps {
		known[step.Step] = true
	}
	maps.DeleteFunc(l.open, func(step, _ string) bool { return !known[step] })
}

func (l *left) others() []string {
	list := slices.Concat(l.children, follow.Standing{Money: l.state.Money, Session: l.state.Sess}.Others())
	slices.Sort(list)
	return slices.Compact(list)
}

// survivor is a workflow that goes on without the one that it was begun for.
type survivor struct{ id, workflowType string }

// leftRunning are those of some workflows that go on and should perhaps not.
func leftRunning(ctx context.Context, s *session, ids []string) ([]survivor, error) {
	var list []survivor
	for _, id := range ids {
		described, err := s.DescribeWorkflowExecution(ctx, id, "")
		var gone *serviceerror.NotFound
		switch {
		case errors.As(err, &gone):
			continue
		case err != nil:
			return nil, fmt.Errorf("look at %s: %w", id, err)
		}
		info := described.GetWorkflowExecutionInfo()
		other := survivor{id, info.GetType().GetName()}
		if _, ends := endings[other.workflowType]; ends && info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			list = append(list, other)
		}
	}
	return list, nil
}
