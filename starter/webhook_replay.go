package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/parcel"
	inboundevent "guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

// Replayed answers the command webhook replay for an event of the inbox.
type Replayed struct {
	Key        string `json:"key"`
	WorkflowID string `json:"workflowId"`
	// RequestID is what Temporal will know the signal by.
	RequestID string `json:"requestId"`
	// Revived: it was a dead letter. Else it was waiting already.
	Revived     bool      `json:"revived"`
	NextAttempt time.Time `json:"nextAttempt,omitzero"`
}

// orders are what an operator says about an InboundEvent.
type orders struct{ actor, role, reason, target, id string }

func webhookReplayCommand() *cobra.Command {
	var given orders
	command := &cobra.Command{
		Use:   "replay <event key> | inbound/<provider>/<event key>",
		Short: "Forward an event again that the inbox has kept, or that no workflow has taken",
		Long: "A key is a dead letter of the proxy's inbox (INBOX_PATH or DATABASE_URL, PAYLOAD_KEYS): it waits again, under a\n" +
			"request ID that Temporal has not seen, and a running proxy forwards it. An ID that begins with inbound/ is an\n" +
			"InboundEvent: it looks for its workflow now, or goes to --target, and the outcome is awaited.",
		Example: "  starter webhook replay 1f0c9a7be2d34c55\n" +
			`  starter webhook replay inbound/stripe/1f0c… --target pay/01k3 --actor maria --role operator --reason "plan was begun by hand"`,
		Args: cobra.ExactArgs(1),

		ValidArgsFunction: completeReplay,
		RunE: func(command *cobra.Command, args []string) error {
			if strings.HasPrefix(args[0], inboundPrefix) {
				return replayInbound(command, args[0], given)
			}
			if given != (orders{}) {
				return usagef("--actor, --role, --reason, --target and --id are for inbound/...: a key is revived as it is")
			}
			if err := checkKey(args[0]); err != nil {
				return err
			}
			return withInbox(command, func(ctx context.Context, store inbox.Store) error {
				return revive(ctx, store, command, args[0])
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&given.actor, "actor", "", "who commands (inbound/...)")
	flags.StringVar(&given.role, "role", "", "operator, manager or engineer (inbound/...)")
	flags.StringVar(&given.reason, "reason", "", "why; kept with the command (inbound/...)")
	flags.StringVar(&given.target, "target", "", "another workflow that shall have the fact (inbound/...)")
	flags.StringVar(&given.id, "id", "", "ID of the command (default: a new one; inbound/...)")
	flags.Duration("timeout", 15*time.Second, "how long to wait for the database, or for Temporal and a worker")
	completeFlag(command, "role", func() []string { return []string{kit.RoleOperator, kit.RoleManager, kit.RoleEngineer} })
	addOutput(command)
	return command
}

func completeReplay(command *cobra.Command, before []string, typed string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(typed, "i") { // no key does
		return completeArgs(openIDs)(command, before, typed)
	}
	return completeKey(command, before, typed)
}

// revive makes a dead letter wait again. The nonce makes it another request:
// Temporal may have had the first one.
func revive(ctx context.Context, store inbox.Store, command *cobra.Command, text string) error {
	entry, err := lookUp(ctx, store, text)
	if err != nil {
		return err
	}
	told := Replayed{Key: entry.Key.String(), WorkflowID: entry.WorkflowID, RequestID: entry.RequestID, NextAttempt: entry.NextAttempt}
	if entry.State == inbox.Dead {
		told.Revived, told.RequestID = true, parcel.Replay(entry.Key, ulid.Make().String())
		if err := store.Revive(ctx, entry.Key, told.RequestID); err != nil {
			return err
		}
	}
	return show(command, told, func(out io.Writer) error { return told.tell(out) })
}

func (r Replayed) tell(out io.Writer) error {
	if r.Revived {
		_, err := fmt.Fprintf(out, "event %s waits again, as request %s: a running proxy forwards it to %s; starter inbox list shows whether it does\n",
			r.Key[:shownKey], r.RequestID, r.WorkflowID)
		return err
	}
	_, err := fmt.Fprintf(out, "event %s is no dead letter: it waits, and a running proxy forwards it to %s by itself, next at %s\n",
		r.Key[:shownKey], r.WorkflowID, clock(r.NextAttempt))
	return err
}

// replayInbound commands an InboundEvent, and waits for what becomes of it.
func replayInbound(command *cobra.Command, id string, given orders) error {
	fields := map[string]json.RawMessage{}
	for name, value := range map[string]string{"actor": given.actor, "role": given.role, "reason": given.reason} {
		if err := setField(fields, name, value); err != nil {
			return err
		}
	}
	if given.id == "" {
		given.id = ulid.Make().String()
	}
	wanted := order{workflowID: id, name: inboundevent.UpdateRetry, updateID: given.id, fields: fields}
	if given.target != "" {
		target, err := workflowID(given.target)
		if err != nil {
			return err
		}
		wanted.name = inboundevent.UpdateRoute
		if err := setField(fields, "target", target); err != nil {
			return err
		}
	}
	return withSession(command, func(ctx context.Context, s *session) error { return replayOrder(ctx, s, command, wanted) })
}

func replayOrder(ctx context.Context, s *session, command *cobra.Command, wanted order) error {
	handle, err := s.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: wanted.workflowID, UpdateID: wanted.updateID, UpdateName: wanted.name, Args: []any{wanted.fields},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var outcome kit.Outcome
	if err == nil {
		err = handle.Get(ctx, &outcome)
	}
	if err != nil {
		return fmt.Errorf("replay of %s, --id %s: %w", wanted.workflowID, wanted.updateID, err)
	}
	if outcome, err = awaitOutcome(ctx, s, wanted.workflowID, outcome); err != nil {
		return err
	}
	if err := show(command, outcome, nil); err != nil || outcome.Status == outcomeDone {
		return err
	}
	return verdict{1, "it was not taken: " + outcome.Detail}
}

const (
	// inboundPrefix begins the IDs of InboundEvents.
	inboundPrefix  = "inbound/"
	outcomeDone    = "done"
	outcomePending = "pending"
	// askEvery is how often the workflow is asked what became of a command.
	askEvery = 200 * time.Millisecond
)

// awaitOutcome asks the workflow until the command is through; it answers after
// its end too.
func awaitOutcome(ctx context.Context, s *session, id string, outcome kit.Outcome) (kit.Outcome, error) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for outcome.Status == outcomePending {
		select {
		case <-ctx.Done():
			return outcome, fmt.Errorf("what became of command %s of %s is not known yet, starter status %s tells: %w", outcome.CommandID, id, id, ctx.Err())
		case <-tick.C:
		}
		answer, err := ask(ctx, s, id, kit.QueryStatus)
		if err != nil {
			return outcome, err
		}
		var view inboundevent.Overview
		if err := json.Unmarshal(answer, &view); err != nil {
			return outcome, fmt.Errorf("status of %s is none of an InboundEvent: %w", id, err)
		}
		at := slices.IndexFunc(view.Commands, func(one kit.Outcome) bool { return one.CommandID == outcome.CommandID })
		if at >= 0 {
			outcome = view.Commands[at]
		}
	}
	return outcome, nil
}
