package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"guestjourney/activities/timetable/zonedata"
	"guestjourney/internal/views"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
)

// Kinds of entries.
const (
	entryArrival  = "arrival"
	entrySession  = "session"
	entryDeadline = "deadline"
)

// Entry is one line of the agenda.
type Entry struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // "arrival", "session", "deadline"
	Workflow string    `json:"workflowId"`
	Program  string    `json:"program,omitempty"`
	Text     string    `json:"text,omitempty"`
}

// plan is what the agenda is asked for.
type plan struct {
	from, to time.Time
	program  string
	limit    int
}

func agendaCommand() *cobra.Command {
	var days, limit int
	var program, zoneName string
	command := &cobra.Command{
		Use:   "agenda",
		Short: "Show what comes, day by day: arrivals, sessions, deadlines",
		Long: "Lists from visibility what arrives or has a deadline, and asks each workflow for the details. Where no\n" +
			"worker answers, only the next deadline is known, without its name.",
		Args: cobra.NoArgs,
	}
	command.RunE = func(command *cobra.Command, _ []string) error {
		zone, err := zoneOf(zoneName)
		if err != nil {
			return err
		}
		wanted, err := planOf(time.Now().In(zone), days, limit, program)
		if err != nil {
			return err
		}
		return withSession(command, func(ctx context.Context, s *session) error { return agenda(ctx, s, command, wanted) })
	}
	flags := command.Flags()
	flags.IntVar(&days, "days", 7, "how many days, today included")
	flags.IntVar(&limit, "limit", 200, "how many workflows are asked at most")
	flags.StringVar(&program, "program", "", "only this program")
	flags.StringVar(&zoneName, "zone", "", "time zone such as America/Mexico_City (default: this machine's)")
	completeFlag(command, "program", programCodes)
	addOutput(command)
	addTimeout(command)
	return command
}

func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return time.Local, nil
	}
	zone, err := zonedata.Load(name)
	if err != nil {
		return nil, usagef("--zone: %w", err)
	}
	return zone, nil
}

func planOf(now time.Time, days, limit int, program string) (plan, error) {
	switch {
	case days < 1 || days > 366:
		return plan{}, usagef("--days: want 1 to 366")
	case limit < 1:
		return plan{}, usagef("--limit: want 1 or more")
	case program != "" && !code.MatchString(program):
		return plan{}, usagef("--program: want the code of a program such as retreat-7d")
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	return plan{from: today, to: today.AddDate(0, 0, days), program: program, limit: limit}, nil
}

func agenda(ctx context.Context, s *session, command *cobra.Command, wanted plan) error {
	arriving, err := find(ctx, s, views.Arrivals(wanted.from, wanted.to, wanted.program), wanted.limit)
	if err != nil {
		return err
	}
	due, err := find(ctx, s, views.Due(wanted.to, wanted.program), wanted.limit+1)
	if err != nil {
		return err
	}
	more := len(due) > wanted.limit
	entries := arrivals(arriving)
	for _, found := range askAll(ctx, s, firstOf(due, wanted.limit)) {
		entries = append(entries, found...)
	}
	entries = wanted.keep(entries)
	return show(command, entries, func(out io.Writer) error {
		text := daily(entries, wanted.from.Location())
		if more {
			text += fmt.Sprintf("More than %d workflows have a deadline; --limit asks more of them.\n", wanted.limit)
		}
		_, err := io.WriteString(out, text)
		return err
	})
}

func arrivals(found []Listed) []Entry {
	var entries []Entry
	for _, one := range found {
		entries = append(entries, Entry{At: one.ArrivalAt, Kind: entryArrival, Workflow: one.WorkflowID, Program: one.Program, Text: arrivalText(one)})
	}
	return entries
}

// arrivalText says how ready the guest is, in codes.
func arrivalText(one Listed) string {
	parts := []string{one.Stage}
	if one.Money != "" {
		parts = append(parts, "money "+one.Money)
	}
	if one.Clearance != "" {
		parts = append(parts, "clearance "+one.Clearance)
	}
	return strings.Join(parts, ", ")
}

// How many workflows are asked at a time, and for how long altogether.
const (
	askedAtOnce = 8
	askedWithin = 10 * time.Second
)

// askAll asks each workflow for its own entries.
func askAll(ctx context.Context, s *session, due []Listed) [][]Entry {
	ctx, cancel := context.WithTimeout(ctx, askedWithin)
	defer cancel()
	found := make([][]Entry, len(due))
	var group errgroup.Group
	group.SetLimit(askedAtOnce)
	for i, one := range due {
		group.Go(func() error {
			entries, err := entriesOf(ctx, s, one)
			if err != nil {
				entries = []Entry{{At: one.NextDeadline, Kind: entryDeadline, Workflow: one.WorkflowID, Program: one.Program, Text: "(no worker answered what)"}}
			}
			found[i] = entries
			return nil
		})
	}
	_ = group.Wait() // every failure has become an entry
	return found
}

func entriesOf(ctx context.Context, s *session, one Listed) ([]Entry, error) {
	var deadlines []kit.Deadline
	if err := askInto(ctx, s, one.WorkflowID, kit.QueryNextDeadlines, &deadlines); err != nil {
		return nil, err
	}
	var entries []Entry
	for _, deadline := range deadlines {
		entries = append(entries, Entry{At: deadline.At, Kind: entryDeadline, Workflow: one.WorkflowID, Program: one.Program, Text: deadline.Name + ": " + deadline.Consequence})
	}
	if one.Type != appointment.Type {
		return entries, nil
	}
	answer, err := ask(ctx, s, one.WorkflowID, kit.QueryStatus)
	if err != nil {
		return nil, err
	}
	var status appointment.Overview
	if err := json.Unmarshal(answer, &status); err != nil {
		return nil, fmt.Errorf("status of %s: %w", one.WorkflowID, err)
	}
	if !status.Start.IsZero() {
		entries = append(entries, Entry{At: status.Start, Kind: entrySession, Workflow: one.WorkflowID, Program: one.Program, Text: status.Stage})
	}
	return entries, nil
}

// keep leaves what is within the plan, in order.
func (p plan) keep(entries []Entry) []Entry {
	kept := []Entry{}
	for _, entry := range entries {
		if !entry.At.Before(p.from) && entry.At.Before(p.to) {
			kept = append(kept, entry)
		}
	}
	slices.SortStableFunc(kept, func(a, b Entry) int { return a.At.Compare(b.At) })
	return kept
}

// daily lays the entries out under their days, in a zone.
func daily(entries []Entry, zone *time.Location) string {
	if len(entries) == 0 {
		return "nothing\n"
	}
	var text strings.Builder
	day := ""
	for _, entry := range entries {
		at := entry.At.In(zone)
		if today := at.Format("Mon 2006-01-02"); today != day {
			day = today
			text.WriteString(day + "\n")
		}
		fmt.Fprintf(&text, "  %s  %-8s  %s  %s\n", at.Format("15:04"), entry.Kind, entry.Workflow, strings.TrimSpace(entry.Program+"  "+entry.Text))
	}
	return text.String()
}
