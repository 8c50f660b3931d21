package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"guestjourney/starter/follow"
)

func watchCommand() *cobra.Command {
	return aboutWorkflow(&cobra.Command{
		Use:   "watch <id>",
		Short: "Follow a journey live: stage, countdowns, money, attention, provider calls",
		Long: "Follows a workflow, its payment plan and its appointment until it closes (exit 0) or Ctrl-C (exit 130).\n" +
			"On a terminal one picture is kept up to date; without one, every change is a line, beginning with what\n" +
			"has happened so far; with --output json, one JSON object a line.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(openIDs),
	}, withOpenSession, watch)
}

func watch(ctx context.Context, s *session, command *cobra.Command, id string, _ []string) error {
	machine, err := asJSON(command)
	if err != nil {
		return err
	}
	out := command.OutOrStdout()
	terminal, isTerminal := terminalOf(out)
	switch {
	case machine:
		err = followTo(ctx, s, id, func(change follow.Change) error { return json.NewEncoder(out).Encode(change) })
	case isTerminal:
		err = watchLive(ctx, s, terminal, id)
	default:
		err = followTo(ctx, s, id, func(change follow.Change) error { return printChange(out, change) })
	}
	if err != nil && ctx.Err() != nil {
		return verdict{code: exitInterrupted}
	}
	return err
}

// followTo hands on one change after the other, until one cannot be printed.
func followTo(ctx context.Context, s *session, id string, print func(follow.Change) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := follow.Follow(ctx, s.Client, s.data, id, func(look follow.Look) {
		for _, change := range look.Changes {
			if err := print(change); err != nil {
				cancel(fmt.Errorf("print what happened: %w", err))
				return
			}
		}
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func printChange(out io.Writer, change follow.Change) error {
	text := change.Text
	if change.Actor != "" {
		text += " by " + change.Actor
	}
	_, err := fmt.Fprintf(out, "%s  %-9s  %-7s  %s\n", change.At.UTC().Format(time.RFC3339), change.Kind, part(change.Workflow), text)
	return err
}

// part is which workflow of the story it is: "journey", "pay", "appt". They
// share the rest of their IDs, which whoever watches has typed.
func part(workflowID string) string {
	kind, _, _ := strings.Cut(workflowID, "/")
	return kind
}

// terminalOf says whether the output is a terminal that can be painted on.
func terminalOf(out io.Writer) (*os.File, bool) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil, false
	}
	return file, true
}
