package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/workflows/kit"
)

// queryExplain is the query whose answer is an Explanation.
const queryExplain = "explain"

// Explanation is why a guest is not moving. Its keys are the query's.
type Explanation struct {
	Stage    string    `json:"stage"`
	Since    time.Time `json:"since"`
	WaitsFor string    `json:"waitsFor"`
	Control  string    `json:"control"`
	Blocked  []Block   `json:"blocked"`
	Next     []Next    `json:"next"`
	// Escalates is when a person is asked for, if nothing happens; nil if never.
	Escalates *Escalation `json:"escalates"`
}

// Block is one reason and what would end it.
type Block struct {
	Reason  string   `json:"reason"`
	Unblock []string `json:"unblock"`
}

// Next is what happens by itself.
type Next struct {
	Name        string    `json:"name"`
	At          time.Time `json:"at"`
	Consequence string    `json:"consequence"`
}

// Escalation is what happens if nobody acts.
type Escalation struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

func explainCommand() *cobra.Command {
	command := &cobra.Command{
		Use:               "explain <id>",
		Short:             "Say why a guest is not moving, what would unblock it, and when it escalates",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(openIDs),
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		id, err := workflowID(args[0])
		if err != nil {
			return err
		}
		return withSession(command, func(ctx context.Context, s *session) error { return explain(ctx, s, command, id) })
	}
	addOutput(command)
	addTimeout(command)
	return command
}

func explain(ctx context.Context, s *session, command *cobra.Command, id string) error {
	var why Explanation
	answer, err := ask(ctx, s, id, queryExplain)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, &why); err != nil {
		return fmt.Errorf("query explain of %s: %w; is this starter as new as the worker?", id, err)
	}
	return show(command, answer, func(out io.Writer) error {
		_, err := io.WriteString(out, why.words(id, time.Now()))
		return err
	})
}

// words are a few lines that a person reads.
func (e Explanation) words(id string, now time.Time) string {
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
