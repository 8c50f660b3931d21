package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"guestjourney/workflows/kit"
)

// Status answers the command status.
type Status struct {
	WorkflowID string          `json:"workflowId"`
	RunID      string          `json:"runId"`
	Type       string          `json:"type"`
	Execution  string          `json:"execution"`
	UI         string          `json:"ui"`
	Status     json.RawMessage `json:"status"`
}

func statusCommand() *cobra.Command {
	return aboutWorkflow(&cobra.Command{
		Use:   "status <id>",
		Short: "Show where a workflow stands, what it waits for and until when",
		Args:  cobra.ExactArgs(1),

		ValidArgsFunction: completeArgs(anyIDs),
	}, withSession, status)
}

func status(ctx context.Context, s *session, command *cobra.Command, id string, _ []string) error {
	described, err := s.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return fmt.Errorf("status of %s: %w", id, err)
	}
	answer, err := ask(ctx, s, id, kit.QueryStatus)
	if err != nil {
		return err
	}
	info := described.GetWorkflowExecutionInfo()
	run := info.GetExecution().GetRunId()
	return show(command, Status{
		WorkflowID: id, RunID: run, Type: info.GetType().GetName(), Execution: info.GetStatus().String(),
		UI: s.ui.Workflow(id, run), Status: answer,
	}, nil)
}

func queryCommand() *cobra.Command {
	return aboutWorkflow(&cobra.Command{
		Use:   "query <id> <name>",
		Short: "Ask a workflow: status, timeline, next_deadlines, money and whatever else its type offers",
		Args:  cobra.ExactArgs(2),

		ValidArgsFunction: completeArgs(anyIDs, handlersOf(queriesOf)),
	}, withSession, query)
}

func query(ctx context.Context, s *session, command *cobra.Command, id string, rest []string) error {
	answer, err := ask(ctx, s, id, rest[0])
	if err != nil {
		return err
	}
	return show(command, answer, nil)
}

func ask(ctx context.Context, s *session, id, name string) (json.RawMessage, error) {
	encoded, err := s.QueryWorkflow(ctx, id, "", name)
	var refused *serviceerror.QueryFailed
	if errors.As(err, &refused) && strings.Contains(refused.Error(), "unknown queryType") {
		return nil, fmt.Errorf("query %s of %s: it has no such query; starter query %s <tab> completes those it has: %w", name, id, id, err)
	}
	if err != nil {
		return nil, fmt.Errorf("query %s of %s: %w", name, id, err)
	}
	var answer json.RawMessage
	if err := encoded.Get(&answer); err != nil {
		return nil, fmt.Errorf("query %s of %s: %w", name, id, err)
	}
	return answer, nil
}
