package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/setup"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/kit"
)

func setupCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "setup",
		Short: "Make the Temporal namespace ready: register it, its search attributes and its schedules",
		Long: "Run it before the first start, and with every upgrade: what is there stays as it is, and what is paused stays\n" +
			"paused. It waits for Temporal, and until workflows can run. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where; it needs no keys.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			limit, err := command.Flags().GetDuration("timeout")
			if err != nil {
				return err
			}
			if limit <= 0 {
				return usagef("--timeout: want more than 0")
			}
			ctx, cancel := context.WithTimeout(command.Context(), limit)
			defer cancel()
			return inOneLine(prepare(ctx, command.OutOrStdout()))
		},
	}
	command.Flags().Duration("timeout", 2*time.Minute, "how long to wait for Temporal")
	return command
}

func prepare(ctx context.Context, out io.Writer) error {
	// Lazy, because the server may still be starting. No payload is sent, so
	// there is nothing to seal.
	options := temporalclient.Options{Program: "starter", Lazy: true}
	name, err := temporalclient.Namespace(options)
	if err != nil {
		return err
	}
	connection, err := temporalclient.Dial(ctx, options)
	if err != nil {
		return err
	}
	defer connection.Close()
	changes, err := setup.Namespace(ctx, connection, name)
	if err != nil {
		return err
	}
	schedules, err := setup.Schedules(ctx, connection)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, report(name, changes)+"; "+reportSchedules(schedules))
	return err
}

// reportSchedules says which of them are new or changed.
func reportSchedules(changed []string) string {
	if len(changed) == 0 {
		return "schedules " + strings.Join(setup.ScheduleIDs(), ", ") + " were there"
	}
	return "schedules made: " + strings.Join(changed, ", ")
}

// report says what was done, in one line.
func report(name string, changes setup.Changes) string {
	text := "namespace " + name + " "
	switch days := int(setup.Retention.Hours() / 24); {
	case changes.Registered:
		text += fmt.Sprintf("registered, keeps what is closed %d days", days)
	case changes.Kept:
		text += fmt.Sprintf("was there, keeps what is closed %d days from now on", days)
	default:
		text += "was there"
	}
	if len(changes.Added) == 0 {
		return text + fmt.Sprintf("; all %d search attributes were there", len(kit.SearchAttributes()))
	}
	return text + "; search attributes added: " + strings.Join(changes.Added, ", ")
}
