package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"guestjourney/starter/follow"
	"guestjourney/workflows/kit"
)

// Told is one line of the command timeline.
type Told struct {
	At       time.Time `json:"at"`
	Workflow string    `json:"workflowId"`
	Kind     string    `json:"kind"`
	Actor    string    `json:"actor,omitempty"`
	Text     string    `json:"text"`
}

func timelineCommand() *cobra.Command {
	var kinds []string
	var since string
	command := &cobra.Command{
		Use:   "timeline <id>",
		Short: "Tell what happened: the journey, its payment plan and its appointment in one, and who did what",
		Long: "Prints the last 200 lines that each workflow keeps, oldest first. A closed workflow answers too, as long as\n" +
			"its history is kept and a worker runs.",
		Example:           "  starter timeline 01k3 --kind stage,command --since 48h",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(anyIDs),
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		id, err := workflowID(args[0])
		if err != nil {
			return err
		}
		from, err := instantOf(since, time.Now())
		if err != nil {
			return err
		}
		return withSession(command, func(ctx context.Context, s *session) error {
			lines, err := timeline(ctx, s, id)
			if err != nil {
				return err
			}
			if lines, err = pick(lines, kinds, from); err != nil {
				return err
			}
			return show(command, lines, func(out io.Writer) error { return tell(out, lines) })
		})
	}
	command.Flags().StringSliceVar(&kinds, "kind", nil, "only these kinds, such as stage,command,deadline")
	command.Flags().StringVar(&since, "since", "", "only from then on: a duration such as 48h, a date or an instant")
	addOutput(command)
	addTimeout(command)
	return command
}

// timeline merges the lines of a workflow and of those that belong to its story.
func timeline(ctx context.Context, s *session, id string) ([]Told, error) {
	var status follow.Standing
	if err := askInto(ctx, s, id, kit.QueryStatus, &status); err != nil {
		return nil, err
	}
	lines := []Told{}
	for _, each := range append([]string{id}, status.Others()...) {
		var own []kit.Line
		if err := askInto(ctx, s, each, kit.QueryTimeline, &own); err != nil {
			var gone *serviceerror.NotFound
			if each != id && errors.As(err, &gone) {
				continue // closed, and no longer kept
			}
			return nil, err
		}
		for _, line := range own {
			lines = append(lines, Told{At: line.At, Workflow: each, Kind: line.Kind, Actor: line.Actor, Text: line.Text})
		}
	}
	slices.SortStableFunc(lines, func(a, b Told) int { return a.At.Compare(b.At) })
	return lines, nil
}

// askInto asks a query whose answer has a known shape.
func askInto(ctx context.Context, s *session, id, name string, into any) error {
	answer, err := ask(ctx, s, id, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("query %s of %s: %w; is this starter as new as the worker?", name, id, err)
	}
	return nil
}

// pick keeps lines of some kinds from an instant on. A kind that no line has is
// a mistyped one.
func pick(lines []Told, kinds []string, from time.Time) ([]Told, error) {
	for _, kind := range kinds {
		if !slices.ContainsFunc(lines, func(line Told) bool { return line.Kind == kind }) {
			return nil, usagef("--kind: no line is of kind %q; there are %s", kind, strings.Join(kindsOf(lines), ", "))
		}
	}
	return slices.DeleteFunc(lines, func(line Told) bool {
		return line.At.Before(from) || (len(kinds) > 0 && !slices.Contains(kinds, line.Kind))
	}), nil
}

func kindsOf(lines []Told) []string {
	var kinds []string
	for _, line := range lines {
		kinds = append(kinds, line.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func tell(out io.Writer, lines []Told) error {
	text := "AT\tWORKFLOW\tKIND\tWHO\tWHAT\n"
	for _, line := range lines {
		text += strings.Join([]string{line.At.UTC().Format(time.RFC3339), line.Workflow, line.Kind, line.Actor, line.Text}, "\t") + "\n"
	}
	return inColumns(out, text)
}

// instantOf reads a duration before now, a local date or an instant; nothing is
// the zero time.
func instantOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if back, err := time.ParseDuration(text); err == nil {
		return now.Add(-back), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return at, nil
	}
	return time.Time{}, usagef("--since: want a duration such as 48h, a date such as 2027-03-02, or an instant such as 2027-03-02T09:00:00Z")
}
