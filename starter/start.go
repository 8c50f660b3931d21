package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// Started answers the command start.
type Started struct {
	WorkflowID string `json:"workflowId"`
	RunID      string `json:"runId"`
	UI         string `json:"ui"`
}

func startCommand() *cobra.Command {
	var file, program, id string
	var test bool
	command := &cobra.Command{
		Use:   "start -f lead.json --program <code>",
		Short: "Start a journey for a lead",
		Long: "Starts a GuestJourney. The file holds one JSON object, a lead or a whole journey input;\n" +
			"\"-\" reads standard input. The same --id twice starts one journey.",
		Example: "  starter start -f examples/lead.json --program retreat-7d",
		Args:    cobra.NoArgs,
	}
	command.RunE = func(command *cobra.Command, _ []string) error {
		input, err := readInput(command.InOrStdin(), file, program, test)
		if err != nil {
			return err
		}
		if id == "" {
			id = strings.ToLower(ulid.Make().String())
		}
		id, err := workflowID(id)
		if err != nil {
			return err
		}
		return withSession(command, func(ctx context.Context, s *session) error {
			return start(ctx, s, command, id, input)
		})
	}
	command.Flags().StringVarP(&file, "file", "f", "", "file with the lead or the whole input, or -")
	command.Flags().StringVar(&program, "program", "", "code of the program")
	completeFlag(command, "program", programCodes)
	command.Flags().StringVar(&id, "id", "", "ID of the journey (default: a new one)")
	command.Flags().BoolVar(&test, "test", false, "mark the journey as no real guest's")
	addOutput(command)
	addTimeout(command)
	return command
}

func start(ctx context.Context, s *session, command *cobra.Command, id string, input journey.Input) error {
	run, err := s.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                options.QueueJourneys,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "program " + input.Program,
	}, journey.Type, input)
	if err != nil {
		return fmt.Errorf("start %s: %w", id, err)
	}
	started := Started{WorkflowID: run.GetID(), RunID: run.GetRunID(), UI: s.ui.Workflow(run.GetID(), run.GetRunID())}
	return show(command, started, nil)
}

// readInput reads a lead or a whole input and checks it as the workflow will.
func readInput(stdin io.Reader, file, program string, test bool) (journey.Input, error) {
	var none journey.Input
	data, err := readFile(stdin, file)
	if err != nil {
		return none, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return none, usagef("%s: want one JSON object: %w", file, err)
	}
	if _, whole := fields["lead"]; !whole {
		data = fmt.Appendf(nil, `{"lead":%s,"program":""}`, data)
	}
	input, err := kit.DecodeJSON[journey.Input](data)
	if err != nil {
		return none, usagef("%s: %w", file, err)
	}
	if program != "" {
		input.Program = program
	}
	input.Test = input.Test || test
	switch {
	case input.Program == "":
		return none, usagef("--program is missing: give the code of a program file")
	case input.State != nil:
		return none, usagef("%s: state is set by continue-as-new only", file)
	case input.Lead.Email == "" && input.Lead.Phone == "":
		return none, usagef("%s: lead needs email or phone", file)
	}
	return input, nil
}

// readFile reads a file of the command line; "-" is standard input.
func readFile(stdin io.Reader, file string) ([]byte, error) {
	switch file {
	case "":
		return nil, usagef("-f is missing: give a file, or - for standard input")
	case "-":
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input cannot be read: %w", err)
		}
		return bytes.TrimSpace(data), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{err}
	}
	return bytes.TrimSpace(data), nil
}
