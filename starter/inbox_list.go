package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/inbox"
)

func inboxListCommand() *cobra.Command {
	var provider, state, workflow string
	var limit int
	command := &cobra.Command{
		Use:   "list",
		Short: "List what the inbox holds: waiting events and dead letters, in the order of arrival",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			wanted := inbox.Filter{Provider: provider, State: inbox.State(state), WorkflowID: workflow}
			switch {
			case wanted.State != "" && wanted.State != inbox.Waiting && wanted.State != inbox.Dead:
				return usagef("--state: want waiting or dead")
			case limit < 1:
				return usagef("--limit: want 1 or more")
			}
			return withInbox(command, func(ctx context.Context, store inbox.Store) error {
				return listInbox(ctx, store, command, wanted, limit)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&provider, "provider", "", "only events of this provider")
	flags.StringVar(&state, "state", "", "only what is waiting, or dead")
	flags.StringVar(&workflow, "workflow", "", "only events for this workflow ID")
	flags.IntVar(&limit, "limit", 100, "how many at most")
	completeFlag(command, "provider", providerNames)
	completeFlag(command, "state", func() []string { return []string{string(inbox.Waiting), string(inbox.Dead)} })
	addOutput(command)
	addInboxTimeout(command)
	return command
}

func listInbox(ctx context.Context, store inbox.Store, command *cobra.Command, wanted inbox.Filter, limit int) error {
	held, more := []Kept{}, false
	err := eachEntry(ctx, store, wanted, func(entry inbox.Entry) bool {
		if more = len(held) == limit; !more {
			held = append(held, kept(entry))
		}
		return !more
	})
	if err != nil {
		return err
	}
	return show(command, held, func(out io.Writer) error { return inboxTable(out, held, wanted != inbox.Filter{}, more) })
}

func inboxTable(out io.Writer, held []Kept, filtered, more bool) error {
	if len(held) == 0 {
		text := "the inbox is empty\n"
		if filtered {
			text = "nothing in the inbox is like that\n"
		}
		_, err := io.WriteString(out, text)
		return err
	}
	var text strings.Builder
	text.WriteString("KEY\tSTATE\tPROVIDER\tTYPE\tWORKFLOW\tRECEIVED\tTRIES\tNEXT TRY\tREASON\n")
	for _, one := range held {
		next := ""
		if !one.NextAttempt.IsZero() {
			next = one.NextAttempt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", one.Key[:shownKey], one.State, one.Provider, one.Type, one.WorkflowID,
			one.ReceivedAt.UTC().Format(time.RFC3339), one.Attempts, next, one.Reason)
	}
	if err := inColumns(out, text.String()); err != nil || !more {
		return err
	}
	_, err := fmt.Fprintf(out, "there are more than %d; --limit shows more\n", len(held))
	return err
}
