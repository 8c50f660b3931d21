package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/inbox"
)

// Purge answers the command inbox purge.
type Purge struct {
	Before time.Time `json:"before"`
	DryRun bool      `json:"dryRun"`
	// Dead are the dead letters that were removed, or would be.
	Dead int `json:"dead"`
	// ByProvider are the same, counted before anything was removed.
	ByProvider map[string]int `json:"byProvider"`
	// Keys that had expired; a dry run does not count them.
	Keys int `json:"expiredKeys"`
	// Waiting events stay, however old.
	Waiting int `json:"waiting"`
}

func inboxPurgeCommand() *cobra.Command {
	var before string
	var dry bool
	command := &cobra.Command{
		Use:   "purge --before <instant or age>",
		Short: "Remove dead letters that came before a time, and keys that have expired",
		Long: "Never removes a waiting event. The key of a dead letter that is removed stays known, so that its sender does not\n" +
			"bring it again. The proxy purges by itself what is older than 90 days.",
		Example: "  starter inbox purge --before 30d --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			limit, err := beforeOf(before, time.Now())
			if err != nil {
				return err
			}
			return withInbox(command, func(ctx context.Context, store inbox.Store) error {
				return purge(ctx, store, command, limit, dry)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&before, "before", "", "an instant, a date, or an age such as 90d or 36h")
	flags.BoolVar(&dry, "dry-run", false, "say what would be removed, and remove nothing")
	addOutput(command)
	addInboxTimeout(command)
	return command
}

// beforeOf reads an age in days, or what --since of the timeline takes.
func beforeOf(text string, now time.Time) (time.Time, error) {
	if days, found := strings.CutSuffix(text, "d"); found {
		if count, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(count)), nil
		}
	}
	at, err := instantOf(text, now)
	if err != nil || text == "" || at.After(now) {
		return time.Time{}, usagef("--before: want an age such as 90d or 36h, a date such as 2027-03-02, or an instant such as 2027-03-02T09:00:00Z that is over")
	}
	return at, nil
}

func purge(ctx context.Context, store inbox.Store, command *cobra.Command, before time.Time, dry bool) error {
	told := Purge{Before: before.UTC(), DryRun: dry, ByProvider: map[string]int{}}
	err := eachEntry(ctx, store, inbox.Filter{State: inbox.Dead}, func(entry inbox.Entry) bool {
		if entry.ReceivedAt.Before(before) {
			told.Dead++
			told.ByProvider[entry.Provider]++
		}
		return true
	})
	if err != nil {
		return err
	}
	if !dry {
		removed, err := store.Purge(ctx, before)
		if err != nil {
			return fmt.Errorf("%d dead letters are removed so far: %w", removed.Dead, err)
		}
		told.Dead, told.Keys = removed.Dead, removed.Keys
	}
	stats, err := store.Stats(ctx)
	if err != nil {
		return err
	}
	told.Waiting = stats.Waiting
	return show(command, told, func(out io.Writer) error { return told.tell(out) })
}

func (p Purge) tell(out io.Writer) error {
	verb, keys := "removed", fmt.Sprintf("%d keys that had expired", p.Keys)
	if p.DryRun {
		verb, keys = "would remove", "the keys that have expired"
	}
	from := ""
	for _, provider := range slices.Sorted(maps.Keys(p.ByProvider)) {
		from += fmt.Sprintf(", %d of %s", p.ByProvider[provider], provider)
	}
	if from != "" {
		from = " (" + strings.TrimPrefix(from, ", ") + ")"
	}
	_, err := fmt.Fprintf(out, "%s %d dead letters received before %s%s, and %s; %d waiting events stay\n",
		verb, p.Dead, p.Before.Format(time.RFC3339), from, keys, p.Waiting)
	return err
}
