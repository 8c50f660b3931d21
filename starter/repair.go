package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"

	"guestjourney/activities/options"
	"guestjourney/internal/views"
	"guestjourney/workflows/kit"
)

// Kinds of repairs.
const (
	repairBroken  = "broken"   // ended without coming to its end, with something open
	repairParked  = "parked"   // a step waits for a person
	repairPastDue = "past_due" // a deadline passed, and nothing happened
	// repairUnrouted is an event that no workflow took for so long that a person
	// is asked.
	repairUnrouted = "unrouted"
)

// Repair is one thing to do.
type Repair struct {
	Kind     string   `json:"kind"`
	Workflow string   `json:"workflowId"`
	RunID    string   `json:"runId"`
	What     []string `json:"what"`
	// Commands help; the first one is the usual one.
	Commands []string `json:"commands"`
}

func repairCommand() *cobra.Command {
	var limit int
	command := &cobra.Command{
		Use:   "repair",
		Short: "List what needs repair: dead workflows with open effects, parked steps, past-due deadlines, unrouted events",
		Long: "Looks, and changes nothing; with every finding comes the command that helps. Exit 0 when there is nothing,\n" +
			"3 when there is something, 1 when it could not look: a script can tell them apart. No worker is needed.",
		Args: cobra.NoArgs,
	}
	command.RunE = func(command *cobra.Command, _ []string) error {
		if limit < 1 {
			return usagef("--limit: want 1 or more")
		}
		return withSession(command, func(ctx context.Context, s *session) error { return repair(ctx, s, command, limit) })
	}
	command.Flags().IntVar(&limit, "limit", 200, "how many workflows of each kind are looked at")
	addOutput(command)
	addTimeout(command)
	return command
}

func repair(ctx context.Context, s *session, command *cobra.Command, limit int) error {
	repairs := []Repair{}
	for _, look := range []func(context.Context, *session, int) ([]Repair, error){broken, parked, pastDue, unrouted} {
		found, err := look(ctx, s, limit)
		if err != nil {
			return err
		}
		repairs = append(repairs, found...)
	}
	if err := show(command, repairs, func(out io.Writer) error { return tellRepairs(out, repairs) }); err != nil {
		return err
	}
	if len(repairs) > 0 {
		return verdict{exitFound, fmt.Sprintf("%d to repair; the commands above help", len(repairs))}
	}
	return nil
}

func tellRepairs(out io.Writer, repairs []Repair) error {
	var text strings.Builder
	for _, one := range repairs {
		fmt.Fprintf(&text, "%s  %s  %s\n", one.Kind, one.Workflow, strings.Join(one.What, "; "))
		for _, command := range one.Commands {
			text.WriteString("  " + command + "\n")
		}
	}
	if len(repairs) == 0 {
		text.WriteString("nothing to repair\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// parked lists the steps of open workflows that wait for a person.
func parked(ctx context.Context, s *session, limit int) ([]Repair, error) {
	found, err := find(ctx, s, views.Attention(), limit)
	if err != nil {
		return nil, err
	}
	var repairs []Repair
	for _, one := range found {
		for _, step := range parkedSteps(one.Attention) {
			repairs = append(repairs, Repair{
				Kind: repairParked, Workflow: one.WorkflowID, RunID: one.RunID,
				What:     []string{step + " will fail again as it is: mend the cause, then try again"},
				Commands: parkedCommands(one.WorkflowID, step),
			})
		}
	}
	return repairs, nil
}

func parkedSteps(attention []string) []string {
	var steps []string
	for _, reason := range attention {
		if step, ok := strings.CutPrefix(reason, kit.PrefixParked); ok {
			steps = append(steps, step)
		}
	}
	return steps
}

// pastDue lists what should have gone on by itself.
func pastDue(ctx context.Context, s *session, limit int) ([]Repair, error) {
	now := time.Now()
	found, err := find(ctx, s, views.PastDue(now), limit)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	first, err := pastDueCommand(ctx, s)
	if err != nil {
		return nil, err
	}
	var repairs []Repair
	for _, one := range found {
		repairs = append(repairs, Repair{
			Kind: repairPastDue, Workflow: one.WorkflowID, RunID: one.RunID,
			What:     []string{fmt.Sprintf("in %s, its deadline of %s is %s", one.Stage, clock(one.NextDeadline), countdown(one.NextDeadline.Sub(now)))},
			Commands: slices.Concat(first, []string{whyCommand(one.Type, one.WorkflowID), s.ui.Workflow(one.WorkflowID, one.RunID) + "   # failing workflow tasks?"}),
		})
	}
	return repairs, nil
}

// pastDueCommand looks at the most frequent cause first.
func pastDueCommand(ctx context.Context, s *session) ([]string, error) {
	queue, err := s.DescribeTaskQueue(ctx, options.QueueJourneys, enums.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return nil, fmt.Errorf("look for workers of the queue %s: %w", options.QueueJourneys, err)
	}
	if len(queue.GetPollers()) > 0 {
		return nil, nil
	}
	return []string{"start a worker: none polls the queue " + options.QueueJourneys}, nil
}
