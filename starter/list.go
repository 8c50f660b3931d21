package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// Listed is one line of the command list.
type Listed struct {
	WorkflowID   string    `json:"workflowId"`
	Type         string    `json:"type"`
	RunID        string    `json:"runId"`
	Execution    string    `json:"execution"` // "Running", "Completed", ...
	Stage        string    `json:"stage,omitempty"`
	Money        string    `json:"money,omitempty"`
	Clearance    string    `json:"clearance,omitempty"`
	Control      string    `json:"control,omitempty"`
	Program      string    `json:"program,omitempty"`
	Owner        string    `json:"owner,omitempty"`
	ArrivalAt    time.Time `json:"arrivalAt,omitzero"`
	NextDeadline time.Time `json:"nextDeadline,omitzero"`
	Attention    []string  `json:"attention,omitempty"`
}

type filter struct {
	workflowType, stage, query string
	attention, open            bool
	limit                      int
}

func listCommand() *cobra.Command {
	var wanted filter
	command := &cobra.Command{
		Use:   "list",
		Short: "List journeys: stage, money, next deadline, what needs attention",
		Long: "Lists workflows from visibility, newest first. Visibility lags behind by up to a second or two;\n" +
			"status asks the workflow itself.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			query, err := wanted.visibility()
			if err != nil {
				return err
			}
			return withSession(command, func(ctx context.Context, s *session) error {
				return list(ctx, s, command, query, wanted.limit)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&wanted.workflowType, "type", journey.Type, "workflow type")
	flags.StringVar(&wanted.stage, "stage", "", "only this stage")
	flags.BoolVar(&wanted.attention, "attention", false, "only what needs attention")
	flags.BoolVar(&wanted.open, "open", false, "only what is not closed")
	flags.StringVar(&wanted.query, "query", "", "a visibility query of your own, joined with AND")
	flags.IntVar(&wanted.limit, "limit", 100, "how many at most")
	addOutput(command)
	addTimeout(command)
	return command
}

func list(ctx context.Context, s *session, command *cobra.Command, query string, limit int) error {
	found, err := find(ctx, s, query, limit)
	if err != nil {
		return err
	}
	return show(command, found, func(out io.Writer) error { return table(out, found) })
}

// find lists what a visibility query finds, newest first.
func find(ctx context.Context, s *session, query string, limit int) ([]Listed, error) {
	found := []Listed{}
	var page []byte
	for {
		answer, err := s.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: query, NextPageToken: page, PageSize: int32(min(limit-len(found), 1000)),
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", query, err)
		}
		for _, info := range answer.GetExecutions() {
			found = append(found, listed(info))
		}
		if page = answer.GetNextPageToken(); len(page) == 0 || len(found) >= limit {
			return found[:min(len(found), limit)], nil
		}
	}
}

// What may stand in a query as it was typed.
var (
	word = regexp.MustCompile(`^[A-Za-z_]+$`)
	code = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// visibility is the filter in Temporal's list language.
func (f filter) visibility() (string, error) {
	if f.limit < 1 {
		return "", usagef("--limit: want 1 or more")
	}
	if !word.MatchString(f.workflowType) {
		return "", usagef("--type: want a workflow type such as %s", journey.Type)
	}
	parts := []string{"WorkflowType = '" + f.workflowType + "'"}
	if f.stage != "" {
		if !word.MatchString(f.stage) {
			return "", usagef("--stage: want a stage such as %s", journey.StageOffer)
		}
		parts = append(parts, kit.AttributeStage.GetName()+" = '"+f.stage+"'")
	}
	if f.attention {
		parts = append(parts, kit.AttributeAttention.GetName()+" IS NOT NULL")
	}
	if f.open {
		parts = append(parts, "ExecutionStatus = 'Running'")
	}
	if f.query != "" {
		parts = append(parts, "("+f.query+")")
	}
	return strings.Join(parts, " AND "), nil
}

func listed(info *workflow.WorkflowExecutionInfo) Listed {
	attributes := info.GetSearchAttributes().GetIndexedFields()
	read := func(name string, into any) {
		// An attribute that is not set, or of a type of its own in this
		// namespace, is shown as empty: the rest of the line is still true.
		if payload := attributes[name]; payload != nil {
			_ = converter.GetDefaultDataConverter().FromPayload(payload, into)
		}
	}
	line := Listed{
		WorkflowID: info.GetExecution().GetWorkflowId(),
		Type:       info.GetType().GetName(),
		RunID:      info.GetExecution().GetRunId(),
		Execution:  info.GetStatus().String(),
	}
	read(kit.AttributeStage.GetName(), &line.Stage)
	read(kit.AttributeMoney.GetName(), &line.Money)
	read(kit.AttributeClearance.GetName(), &line.Clearance)
	read(kit.AttributeControl.GetName(), &line.Control)
	read(kit.AttributeProgram.GetName(), &line.Program)
	read(kit.AttributeOwner.GetName(), &line.Owner)
	read(kit.AttributeArrival.GetName(), &line.ArrivalAt)
	read(kit.AttributeNextDeadline.GetName(), &line.NextDeadline)
	read(kit.AttributeAttention.GetName(), &line.Attention)
	return line
}

func table(out io.Writer, lines []Listed) error {
	text := "WORKFLOW\tEXECUTION\tSTAGE\tMONEY\tCLEARANCE\tOWNER\tNEXT DEADLINE\tATTENTION\n"
	for _, line := range lines {
		next := ""
		if !line.NextDeadline.IsZero() {
			next = line.NextDeadline.UTC().Format(time.RFC3339)
		}
		text += strings.Join([]string{
			line.WorkflowID, line.Execution, line.Stage, line.Money, line.Clearance, line.Owner, next, strings.Join(line.Attention, ", "),
		}, "\t") + "\n"
	}
	return inColumns(out, text)
}
