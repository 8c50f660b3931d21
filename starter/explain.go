package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

func explainCommand() *cobra.Command {
	return aboutWorkflow(&cobra.Command{
		Use:               "explain <id>",
		Short:             "Say why a guest is not moving, what would unblock it, and when it escalates",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(openIDs),
	}, withSession, explain)
}

func explain(ctx context.Context, s *session, command *cobra.Command, id string, _ []string) error {
	var why journey.Explanation
	answer, err := ask(ctx, s, id, journey.QueryExplain)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, &why); err != nil {
		return fmt.Errorf("query explain of %s: %w; is this starter as new as the worker?", id, err)
	}
	return show(command, answer, func(out io.Writer) error {
		_, err := io.WriteString(out, explanation(why, id, time.Now()))
		return err
	})
}

// explanation is an answer in a few lines that a person reads.
func explanation(e journey.Explanation, id string, now time.Time) string {
	var text strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&text, format+"\n", values...) }
	line("%s is in %s for %s, since %s.", id, e.Stage, span(now.Sub(e.Since)), clock(e.Since))
	if e.Control != "" && e.Control != kit.ControlRunning {
		line("It is %s.", e.Control)
	}
	if e.WaitsFor != "" {
		line("It waits for %s.", e.WaitsFor)
	}
	if len(e.Blocked) == 0 {
		line("Nothing blocks it.")
	}
	for _, block := range e.Blocked {
		line("Blocked: %s", block.Reason)
		for _, way := range block.Unblock {
			line("  unblocked by %s", way)
		}
	}
	for _, next := range e.Next {
		line("By itself: %s %s, at %s: %s", next.Name, countdown(next.At.Sub(now)), clock(next.At), next.Consequence)
	}
	if e.Escalates != nil {
		line("Escalates %s, at %s: %s", countdown(e.Escalates.At.Sub(now)), clock(e.Escalates.At), e.Escalates.What)
	}
	return text.String()
}
