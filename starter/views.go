package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/activities/options"
	"guestjourney/internal/views"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// Shown is one view as the command views prints it.
type Shown struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Query string `json:"query"`
	UI    string `json:"ui"`
}

// Catalog answers the command views.
type Catalog struct {
	Views []Shown `json:"views"`
	// Start opens the UI's form for a new journey.
	Start string `json:"start"`
}

func viewsCommand() *cobra.Command {
	var count bool
	var limit int
	command := &cobra.Command{
		Use:   "views [name]",
		Short: "Show the saved views with their queries and links, or list what one of them finds",
		Long: "Without a name: every view, its query in Temporal's list language and a link that opens it in the UI.\n" +
			"A query names instants, so a link is right for some minutes. With a name: what it finds now.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeFirst(viewNames),
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		if limit < 1 {
			return usagef("--limit: want 1 or more")
		}
		if len(args) == 0 {
			return withoutTemporal(command, showViews)
		}
		view, err := views.Named(args[0])
		if err != nil {
			return usageError{err}
		}
		return withSession(command, func(ctx context.Context, s *session) error {
			if count {
				return countView(ctx, s, command, view)
			}
			return listView(ctx, s, command, view, limit)
		})
	}
	command.Flags().BoolVar(&count, "count", false, "only how many there are")
	command.Flags().IntVar(&limit, "limit", 100, "how many at most")
	addOutput(command)
	addTimeout(command)
	return command
}

func showViews(command *cobra.Command, ui views.UI) error {
	catalog := Catalog{Start: ui.Start(options.QueueJourneys, journey.Type)}
	now := time.Now()
	for _, view := range views.All() {
		query := view.Query(now)
		catalog.Views = append(catalog.Views, Shown{Name: view.Name, About: view.About, Query: query, UI: ui.List(query)})
	}
	return show(command, catalog, func(out io.Writer) error {
		var text strings.Builder
		for _, view := range catalog.Views {
			fmt.Fprintf(&text, "%s: %s\n  %s\n  %s\n", view.Name, view.About, view.Query, view.UI)
		}
		fmt.Fprintf(&text, "start a journey:\n  %s\n", catalog.Start)
		_, err := io.WriteString(out, text.String())
		return err
	})
}

func listView(ctx context.Context, s *session, command *cobra.Command, view views.View, limit int) error {
	found, err := find(ctx, s, view.Query(time.Now()), limit)
	if err != nil {
		return err
	}
	switch view.Name {
	case views.NameHeld:
		if found, err = heldLong(ctx, s, found, time.Now()); err != nil {
			return err
		}
	case views.NameClearance:
		// Visibility on SQL cannot sort by an attribute of ours.
		slices.SortStableFunc(found, func(a, b Listed) int { return strings.Compare(a.Owner, b.Owner) })
	}
	return show(command, found, func(out io.Writer) error { return table(out, found) })
}

// countView counts without listing; only what visibility cannot tell is asked
// one by one.
func countView(ctx context.Context, s *session, command *cobra.Command, view views.View) error {
	total := int64(0)
	if view.Name == views.NameHeld {
		found, err := find(ctx, s, view.Query(time.Now()), countAtMost)
		if err != nil {
			return err
		}
		if found, err = heldLong(ctx, s, found, time.Now()); err != nil {
			return err
		}
		total = int64(len(found))
	} else {
		answer, err := s.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: view.Query(time.Now())})
		if err != nil {
			return fmt.Errorf("count %s: %w", view.Name, err)
		}
		total = answer.GetCount()
	}
	return show(command, map[string]any{"view": view.Name, "count": total}, func(out io.Writer) error {
		_, err := fmt.Fprintln(out, total)
		return err
	})
}

// countAtMost bounds a count for which every workflow is asked.
const countAtMost = 1000

// heldLong keeps what has been held for long: each journey's timeline knows
// when the hold began. One whose hold is older than its timeline is kept.
func heldLong(ctx context.Context, s *session, found []Listed, now time.Time) ([]Listed, error) {
	long := []Listed{}
	for _, one := range found {
		var lines []kit.Line
		if err := askInto(ctx, s, one.WorkflowID, kit.QueryTimeline, &lines); err != nil {
			return nil, err
		}
		if now.Sub(lastHold(lines)) > views.HeldLong {
			long = append(long, one)
		}
	}
	return long, nil
}

func lastHold(lines []kit.Line) time.Time {
	for _, line := range slices.Backward(lines) {
		if line.Kind == "command" && line.Text == kit.UpdateHold {
			return line.At
		}
	}
	return time.Time{}
}
