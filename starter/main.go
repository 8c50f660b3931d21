// Command starter is the CLI: it starts, watches and commands guest journeys,
// judges and replays webhooks, audits the integrations, serves the codec for the
// Temporal UI, and runs the sandbox and the demo.
//
// It talks to Temporal through internal/temporalclient, so everything it sends
// there is encrypted; besides, it opens the webhook proxy's inbox, and posts made-up
// samples to a proxy. Exit codes: 0 done, 1 failed, 2 called or configured
// wrongly, 3 repair has found something, 130 watch was interrupted; every
// failure is one line that says what to do.
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
	root.AddCommand(
		startCommand(), listCommand(), viewsCommand(), agendaCommand(), // what there is
		statusCommand(), explainCommand(), watchCommand(), timelineCommand(), queryCommand(), // one of them
		updateCommand(), signalCommand(), repairCommand(), // steering
		codecCommand(), setupCommand(), healthCommand(), auditCommand(), newDev(),
		webhookCommand(), inboxCommand(), // what providers send
	)
	return root
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, root *cobra.Command) int {
	markRunErrors(root)
	err := root.ExecuteContext(ctx)
	if text := message(err); text != "" {
		_, _ = fmt.Fprintln(root.ErrOrStderr(), "starter: "+text) // the exit code still tells
	}
	return exitCode(err)
}

// message is what standard error says; a verdict may say nothing.
func message(err error) string {
	if err == nil {
		return ""
	}
	return advise(err).Error()
}
