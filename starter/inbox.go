package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/inbox"
	"guestjourney/internal/secrets/manager"
)

func inboxCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "inbox",
		Short: "Look into the proxy's inbox: events that Temporal has not taken, and dead letters",
		Long: "Opens the inbox of the proxy: INBOX_PATH, or DATABASE_URL, PAYLOAD_KEYS and SECRETS_PROVIDER are those of the proxy,\n" +
			"which may run meanwhile. Payloads are a guest's data and are shown only when asked for.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return usagef("want inbox list, show or purge") },
	}
	command.AddCommand(inboxListCommand(), inboxShowCommand(), inboxPurgeCommand())
	return command
}

// InboxSettings say where the inbox is, and what opens its payloads.
type InboxSettings struct {
	config.PayloadKeys
	inbox.Settings
	Secrets manager.Settings // where the password of DATABASE_URL is
}

// Kept is one event of the inbox.
type Kept struct {
	Key        string      `json:"key"`
	State      inbox.State `json:"state"`
	Provider   string      `json:"provider"`
	Account    string      `json:"account,omitempty"`
	Type       string      `json:"type"`
	WorkflowID string      `json:"workflowId,omitempty"`
	RequestID  string      `json:"requestId"`
	EventTime  time.Time   `json:"eventTime"`
	ReceivedAt time.Time   `json:"receivedAt"`
	Attempts   int         `json:"attempts"`
	// Reason is the code word of the last failure.
	Reason string `json:"reason,omitempty"`
	// NextAttempt is the next try of its workflow's queue.
	NextAttempt time.Time `json:"nextAttempt,omitzero"`
	// Leased: a proxy has an event of this workflow in its hands.
	Leased  bool            `json:"leased,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func kept(entry inbox.Entry) Kept {
	return Kept{
		Key: entry.Key.String(), State: entry.State, Provider: entry.Provider, Account: entry.Account, Type: entry.Type,
		WorkflowID: entry.WorkflowID, RequestID: entry.RequestID, EventTime: entry.EventTime, ReceivedAt: entry.ReceivedAt,
		Attempts: entry.Attempts, Reason: entry.Reason, NextAttempt: entry.NextAttempt, Leased: entry.Leased,
	}
}

func addInboxTimeout(command *cobra.Command) {
	command.Flags().Duration("timeout", 15*time.Second, "how long to wait for the database")
}

// withInbox runs a command on the proxy's inbox, within --timeout.
func withInbox(command *cobra.Command, run func(ctx context.Context, store inbox.Store) error) error {
	if _, err := asJSON(command); err != nil {
		return err
	}
	limit, err := command.Flags().GetDuration("timeout")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(command.Context(), limit)
	defer cancel()
	return inOneLine(onInbox(ctx, run))
}

func onInbox(ctx context.Context, run func(ctx context.Context, store inbox.Store) error) (err error) {
	set, err := config.Load[InboxSettings]()
	if err != nil {
		return err
	}
	// Opening would make a new file, and an inbox that nobody uses looks empty.
	if set.DatabaseURL == "" {
		if _, err := os.Stat(set.InboxPath); err != nil {
			return fmt.Errorf("no inbox at %s: set INBOX_PATH, or DATABASE_URL, as the proxy has it: %w", set.InboxPath, errors.Unwrap(err))
		}
	}
	password, err := set.Secrets.DatabasePassword(ctx, set.DatabaseURL, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	store, err := set.Open(ctx, set.Ring(), password)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return run(ctx, store)
}

// A key may be shortened to what the proxy's log shows of it, and less.
const (
	shownKey    = 16
	shortestKey = 8
)

var keyStart = regexp.MustCompile(`^[0-9a-f]+$`)

// checkKey looks at a key before anything is opened.
func checkKey(text string) error {
	if !keyStart.MatchString(text) || len(text) < shortestKey {
		return usagef("%.80q is not an event key: want its first %d or more hexadecimal digits, as starter inbox list shows them", text, shortestKey)
	}
	if len(text) > 2*len(inbox.Key{}) {
		return usagef("an event key has %d hexadecimal digits, not %d", 2*len(inbox.Key{}), len(text))
	}
	return nil
}

// lookUp finds an event by its key or by how that begins. Without the payload:
// one that cannot be opened has a face too.
func lookUp(ctx context.Context, store inbox.Store, text string) (inbox.Entry, error) {
	if key, err := inbox.ParseKey(text); err == nil {
		entry, err := store.Get(ctx, key)
		switch {
		case errors.Is(err, inbox.ErrNotFound):
			return inbox.Entry{}, missingEvent(ctx, store, key)
		case errors.Is(err, codec.ErrUnknownKey), errors.Is(err, codec.ErrAuthentication):
			err = nil
		}
		entry.Payload = nil
		return entry, err
	}
	var found []inbox.Entry
	err := eachEntry(ctx, store, inbox.Filter{}, func(entry inbox.Entry) bool {
		if strings.HasPrefix(entry.Key.String(), text) {
			found = append(found, entry)
		}
		return len(found) < 2
	})
	switch {
	case err != nil:
		return inbox.Entry{}, err
	case len(found) == 0:
		return inbox.Entry{}, fmt.Errorf("no event in the inbox has a key that begins with %s: starter inbox list shows those that are there", text)
	case len(found) > 1:
		return inbox.Entry{}, fmt.Errorf("several keys begin with %s: give more digits, starter inbox list -o json has all of them", text)
	}
	return found[0], nil
}

// missingEvent tells an event that was taken from one that never came.
func missingEvent(ctx context.Context, store inbox.Store, key inbox.Key) error {
	known, err := store.Known(ctx, []inbox.Key{key})
	switch {
	case err != nil:
		return err
	case known[key]:
		return fmt.Errorf("event %s was taken, and the inbox keeps its key only: if no workflow took it, it waits as inbound/<provider>/%s, see starter repair", key, key)
	}
	return fmt.Errorf("event %s is not in the inbox: starter inbox list shows those that are", key)
}

// inboxPage is how many entries are read at once.
const inboxPage = 500

// eachEntry goes through the entries in the order of arrival, until more says no.
func eachEntry(ctx context.Context, store inbox.Store, filter inbox.Filter, more func(inbox.Entry) bool) error {
	filter.Limit = inboxPage
	for {
		entries, err := store.List(ctx, filter)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if !more(entry) {
				return nil
			}
			filter.After = entry.Sequence
		}
		if len(entries) < inboxPage {
			return nil
		}
	}
}

// completeKey completes an event's key.
func completeKey(command *cobra.Command, before []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(before) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(command.Context(), completeWithin)
	defer cancel()
	var keys []string
	_ = onInbox(ctx, func(ctx context.Context, store inbox.Store) error { // there is no place to show a failure
		return eachEntry(ctx, store, inbox.Filter{}, func(entry inbox.Entry) bool {
			if strings.HasPrefix(entry.Key.String(), typed) {
				keys = append(keys, entry.Key.String()+"\t"+entry.Provider+" "+entry.Type+", "+string(entry.State))
			}
			return len(keys) < completions
		})
	})
	return keys, cobra.ShellCompDirectiveNoFileComp
}
