package main

import (
	"context"

	"github.com/spf13/cobra"

	"guestjourney/internal/health"
)

func healthCommand() *cobra.Command {
	deep := false
	command := &cobra.Command{
		Use:   "health [URL]",
		Short: "Show how the providers fare, or ask a health endpoint",
		Long: "Without an argument: every provider with its state (up, failing, down), its failures in a row, its last success and since\n" +
			"when that is so, as health/integrations has heard from the check of every minute. <provider>/function is the same of the\n" +
			"check of every 15 minutes, which has a provider do what it is there for: --deep makes it now and waits. Exit code 1 says\n" +
			"that one is down, that no report comes, or that what --deep tried does not work.\n" +
			"With a URL: the health check of a container, whose image has no other program that could ask. Exit code 0 says 2xx.\n" +
			"  worker  http://127.0.0.1:9465/readyz   every queue is served\n" +
			"  proxy   http://127.0.0.1:8080/readyz   Temporal is in reach\n" +
			"  codec   http://127.0.0.1:8234/healthz  it answers",
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && deep:
				return usagef("--deep asks the providers; it takes no URL")
			case len(args) == 1:
				return inOneLine(health.Check(command.Context(), args[0]))
			case deep:
				return tryFunctions(command)
			}
			return withSession(command, func(ctx context.Context, s *session) error { return integrations(ctx, s, command) })
		},
	}
	command.Flags().BoolVar(&deep, "deep", false, "have the providers do what they are there for, without a guest, and wait for it: up to 6 minutes")
	addOutput(command)
	addTimeout(command)
	return command
}
