package main

import (
	"github.com/spf13/cobra"

	"guestjourney/internal/health"
)

func healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health URL",
		Short: "Ask a health endpoint; exit code 0 says that it answers 2xx",
		Long: "The health check of a container: the image has no other program that could ask.\n" +
			"  worker  http://127.0.0.1:9465/readyz   every queue is served\n" +
			"  proxy   http://127.0.0.1:8080/readyz   Temporal is in reach\n" +
			"  codec   http://127.0.0.1:8234/healthz  it answers",
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return inOneLine(health.Check(command.Context(), args[0]))
		},
	}
}
