package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
)

// order is one operator command on its way to a workflow.
type order struct {
	workflowID, name, updateID string
	fields                     map[string]json.RawMessage
}

func updateCommand() *cobra.Command {
	var actor, role, reason, data, file, updateID string
	command := &cobra.Command{
		Use:   "update <id> <name> --actor <who> --role <role> --reason <why>",
		Short: "Command a workflow: hold, release, cancel, reschedule, retry_step and whatever else its type offers",
		Long: "Sends a validated update and prints its outcome. The same --id twice is one command:\n" +
			"after a time-out, ask again with the ID that was printed.",
		Example: `  starter update 01k3 cancel --actor maria --role operator --reason "guest called" -d '{"by":"guest"}'`,
		Args:    cobra.ExactArgs(2),

		ValidArgsFunction: completeArgs(openIDs, handlersOf(updatesOf)),
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		fields, err := readFields(command.InOrStdin(), data, file)
		if err != nil {
			return err
		}
		for name, value := range map[string]string{"actor": actor, "role": role, "reason": reason} {
			if err := setField(fields, name, value); err != nil {
				return err
			}
		}
		id, err := workflowID(args[0])
		if err != nil {
			return err
		}
		if updateID == "" {
			updateID = ulid.Make().String()
		}
		wanted := order{workflowID: id, name: args[1], updateID: updateID, fields: fields}
		return withSession(command, func(ctx context.Context, s *session) error {
			return send(ctx, s, command, wanted)
		})
	}
	flags := command.Flags()
	flags.StringVar(&actor, "actor", "", "who commands")
	flags.StringVar(&role, "role", "", "operator, manager, clinician or engineer")
	flags.StringVar(&reason, "reason", "", "why; kept with the command")
	flags.StringVarP(&data, "data", "d", "", "the command's own fields as one JSON object")
	flags.StringVarP(&file, "file", "f", "", "the same from a file, or - for standard input")
	flags.StringVar(&updateID, "id", "", "ID of the command (default: a new one)")
	completeFlag(command, "role", func() []string { return []string{"operator", "manager", "clinician", "engineer"} })
	addOutput(command)
	addTimeout(command)
	return command
}

// readFields reads the command's own fields.
func readFields(stdin io.Reader, data, file string) (map[string]json.RawMessage, error) {
	if data != "" && file != "" {
		return nil, usagef("give -d or -f, not both")
	}
	text := []byte(data)
	if file != "" {
		var err error
		if text, err = readFile(stdin, file); err != nil {
			return nil, err
		}
	}
	fields := map[string]json.RawMessage{}
	if len(text) == 0 {
		return fields, nil
	}
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, usagef("the command's fields are not one JSON object")
	}
	return fields, nil
}

// setField adds what a flag says; a flag and the JSON must not disagree.
func setField(fields map[string]json.RawMessage, name, value string) error {
	_, given := fields[name]
	switch {
	case value == "" && !given:
		return usagef("--%s is missing", name)
	case value == "":
		return nil
	case given:
		return usagef("%s is given twice: by --%s and in the JSON", name, name)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("--%s cannot be written as JSON: %w", name, err)
	}
	fields[name] = text
	return nil
}

func send(ctx context.Context, s *session, command *cobra.Command, wanted order) error {
	handle, err := s.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID:   wanted.workflowID,
		UpdateID:     wanted.updateID,
		UpdateName:   wanted.name,
		Args:         []any{wanted.fields},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var outcome json.RawMessage
	if err == nil {
		err = handle.Get(ctx, &outcome)
	}
	switch {
	case err == nil:
		return show(command, outcome, nil)
	case isUpdateTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("update %s of %s, --id %s: whether it was taken is not known, ask again with the same --id: %w", wanted.name, wanted.workflowID, wanted.updateID, err)
	}
	return fmt.Errorf("update %s of %s: %w", wanted.name, wanted.workflowID, err)
}
