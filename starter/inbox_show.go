package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"guestjourney/internal/inbox"
)

func inboxShowCommand() *cobra.Command {
	var payload bool
	command := &cobra.Command{
		Use:   "show <event key>",
		Short: "Show one event of the inbox; its payload only with --payload",
		Long: "The key may be shortened, to what the proxy's log shows of it. The payload is a guest's data: --payload opens it\n" +
			"with PAYLOAD_KEYS and prints it, so mind where that goes.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeKey,
		RunE: func(command *cobra.Command, args []string) error {
			if err := checkKey(args[0]); err != nil {
				return err
			}
			return withInbox(command, func(ctx context.Context, store inbox.Store) error {
				return showEvent(ctx, store, command, args[0], payload)
			})
		},
	}
	command.Flags().BoolVar(&payload, "payload", false, "open and print the payload, which is a guest's data")
	addOutput(command)
	addInboxTimeout(command)
	return command
}

func showEvent(ctx context.Context, store inbox.Store, command *cobra.Command, text string, payload bool) error {
	entry, err := lookUp(ctx, store, text)
	if err != nil {
		return err
	}
	one := kept(entry)
	if payload {
		opened, err := store.Get(ctx, entry.Key)
		if err != nil {
			return err
		}
		if !json.Valid(opened.Payload) {
			return fmt.Errorf("the payload of event %s is not what this version writes: use the version of the proxy", entry.Key)
		}
		one.Payload = opened.Payload
	}
	return show(command, one, nil)
}
