package main

import (
	"context"

	"github.com/spf13/cobra"

	"guestjourney/internal/health"
)

func healthCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "health [URL]",
		Short: "Show how the providers fare, or ask a health endpoint",
		Long: "Without an argument: every provider with its state (up, failing, down), its failures in a row, its last success and since\n" +
			"when that is so, as health/integrations has heard from the check of every minute. Exit code 1 says that one is down, or\n" +
			"that no report comes.\n" +
			"With a URL: the health check of a container, whose image has no other program that could ask. Exit code 0 says 2xx.\n" +
			"  worker  http://127.0.0.1:9465/readyz   every queue is served\n" +
			"  proxy   http://127.0.0.1:8080/readyz   Temporal is in reach\n" +
			"  codec   http://127.0.0.1:8234/healthz  it answers",
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				return inOneLine(health.Check(command.Context(), args[0]))
			}
			return withSession(command, func(ctx context.Context, s *session) error { return integrations(ctx, s, command) })
		},
	}
	addOutput(command)
	addTimeout(command)
	return command
}
