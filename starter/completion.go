package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/activities/programs/catalogue"
	"guestjourney/internal/config"
	"guestjourney/internal/views"
)

// Bounds of a completion: whoever presses the key does not wait.
const (
	completeWithin = 3 * time.Second
	completions    = 50
)

// suggest lists completions of one argument, given those before it.
type suggest func(ctx context.Context, s *session, before []string, typed string) []string

// completeArgs completes one argument after the other. A failure completes
// nothing: there is no place where the shell could show it.
func completeArgs(each ...suggest) cobra.CompletionFunc {
	return func(command *cobra.Command, before []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(before) >= len(each) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(command.Context(), completeWithin)
		defer cancel()
		s, err := connect(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer s.Close()
		return each[len(before)](ctx, s, before, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// openIDs completes the IDs of what runs, newest first; anyIDs of everything.
func openIDs(ctx context.Context, s *session, _ []string, typed string) []string {
	return idsOf(ctx, s, typed, " AND ExecutionStatus = 'Running'")
}

func anyIDs(ctx context.Context, s *session, _ []string, typed string) []string {
	return idsOf(ctx, s, typed, "")
}

func idsOf(ctx context.Context, s *session, typed, more string) []string {
	prefix := typed
	if !strings.Contains(typed, "/") {
		prefix = "journey/" + typed
	}
	if strings.ContainsAny(prefix, `'"\`) {
		return nil
	}
	answer, err := s.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowId STARTS_WITH '" + prefix + "'" + more, PageSize: completions,
	})
	if err != nil {
		return nil
	}
	var ids []string
	for _, info := range answer.GetExecutions() {
		id := info.GetExecution().GetWorkflowId()
		if !strings.Contains(typed, "/") {
			id = strings.TrimPrefix(id, "journey/") // as it was begun
		}
		ids = append(ids, id+"\t"+info.GetType().GetName())
	}
	return ids
}

// handlersOf completes the names that the workflow of the first argument offers.
func handlersOf(pick func(handlers) []named) suggest {
	return func(ctx context.Context, s *session, before []string, _ string) []string {
		id, err := workflowID(before[0])
		if err != nil {
			return nil
		}
		known, err := askHandlers(ctx, s, id)
		if err != nil {
			return nil
		}
		var names []string
		for _, one := range pick(known) {
			names = append(names, one.Name+"\t"+one.About)
		}
		return names
	}
}

// completeFirst completes the first argument from a list that is known without
// Temporal.
func completeFirst(list func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, before []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(before) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list(), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFlag completes a flag's value in the same way.
func completeFlag(command *cobra.Command, flag string, list func() []string) {
	err := command.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic("completion of a flag that does not exist: " + err.Error())
	}
}

func viewNames() []string {
	var names []string
	for _, view := range views.All() {
		names = append(names, view.Name+"\t"+view.About)
	}
	return names
}

// programCodes are those of PROGRAMS_DIR, or those that come with the project.
func programCodes() []string {
	known, err := openCatalogue()
	if err != nil {
		return nil
	}
	return known.Codes()
}

type programSettings struct {
	Programs string `env:"PROGRAMS_DIR"`
}

func openCatalogue() (*catalogue.Catalogue, error) {
	set, err := config.Load[programSettings]()
	if err != nil {
		return nil, err
	}
	return catalogue.Open(set.Programs)
}
