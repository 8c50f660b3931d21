// Command starter is the CLI: it starts, watches and commands guest journeys,
// serves the codec for the Temporal UI, and runs the sandbox and the demo.
//
// It talks to Temporal only, through internal/temporalclient, so everything it
// sends is encrypted. Exit codes: 0 done, 1 failed, 2 called or configured
// wrongly; every failure is one line that says what to do.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(ctx, newRoot()))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "starter",
		Short:         "Start, watch and command guest journeys",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(startCommand(), listCommand(), statusCommand(), queryCommand(), updateCommand(), codecCommand(), setupCommand(), healthCommand(), newDev())
	return root
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, root *cobra.Command) int {
	markRunErrors(root)
	err := root.ExecuteContext(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(root.ErrOrStderr(), "starter: "+advise(err).Error()) // the exit code still tells
	}
	return exitCode(err)
}
