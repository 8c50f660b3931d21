package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"

	"guestjourney/internal/temporalclient"
)

// Signalled answers the command signal.
type Signalled struct {
	WorkflowID string `json:"workflowId"`
	Signal     string `json:"signal"`
	RequestID  string `json:"requestId"`
}

func signalCommand() *cobra.Command {
	var data, file, requestID string
	var unchecked bool
	command := &cobra.Command{
		Use:   "signal <id> <name> -d <json>",
		Short: "Send a workflow a fact that came by another way than a webhook",
		Long: "Sends a signal, encrypted. The same --id twice is one signal. A name that the workflow does not take is\n" +
			"refused; commands of a person are updates: see starter update.",
		Example: `  starter signal 01k3 guest_event -d '{"id":"desk-7","provider":"desk","type":"offer_answer","occurredAt":"2027-03-01T09:00:00Z","data":{"answer":"accepted"}}'`,
		Args:    cobra.ExactArgs(2),

		ValidArgsFunction: completeArgs(openIDs, handlersOf(signalsOf)),
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		fields, err := readFields(command.InOrStdin(), data, file)
		if err != nil {
			return err
		}
		id, err := workflowID(args[0])
		if err != nil {
			return err
		}
		if requestID == "" {
			requestID = ulid.Make().String()
		}
		wanted := Signalled{WorkflowID: id, Signal: args[1], RequestID: requestID}
		return withSession(command, func(ctx context.Context, s *session) error {
			if err := checkSignal(ctx, s, wanted, unchecked); err != nil {
				return err
			}
			return sendSignal(ctx, s, command, wanted, fields)
		})
	}
	flags := command.Flags()
	flags.StringVarP(&data, "data", "d", "", "the signal's fields as one JSON object")
	flags.StringVarP(&file, "file", "f", "", "the same from a file, or - for standard input")
	flags.StringVar(&requestID, "id", "", "ID of the request (default: a new one)")
	flags.BoolVar(&unchecked, "unchecked", false, "send it although no worker can say whether the name is known")
	addOutput(command)
	addTimeout(command)
	return command
}

// checkSignal refuses what would reach nobody: Temporal takes any name, and
// keeps a signal that nothing reads.
func checkSignal(ctx context.Context, s *session, wanted Signalled, unchecked bool) error {
	described, err := s.DescribeWorkflowExecution(ctx, wanted.WorkflowID, "")
	if err != nil {
		return fmt.Errorf("signal %s: %w", wanted.WorkflowID, err)
	}
	info := described.GetWorkflowExecutionInfo()
	if status := info.GetStatus(); status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return fmt.Errorf("%s has closed (%s), nobody would read the signal: see starter timeline %s", wanted.WorkflowID, status, wanted.WorkflowID)
	}
	if unchecked {
		return nil
	}
	known, err := askHandlers(ctx, s, wanted.WorkflowID)
	if err != nil {
		return fmt.Errorf("%w (--unchecked sends the signal all the same)", err)
	}
	names := namesOf(known.Signals)
	if !slices.Contains(names, wanted.Signal) {
		return usagef("%s (%s) takes no signal %q; it takes %s", wanted.WorkflowID, info.GetType().GetName(), wanted.Signal, strings.Join(names, ", "))
	}
	return nil
}

func sendSignal(ctx context.Context, s *session, command *cobra.Command, wanted Signalled, fields map[string]json.RawMessage) error {
	err := s.SignalWorkflow(temporalclient.WithRequestID(ctx, wanted.RequestID), wanted.WorkflowID, "", wanted.Signal, fields)
	if err != nil {
		return fmt.Errorf("signal %s of %s, --id %s: whether it was taken is not known, send it again with the same --id: %w", wanted.Signal, wanted.WorkflowID, wanted.RequestID, err)
	}
	return show(command, wanted, nil)
}
