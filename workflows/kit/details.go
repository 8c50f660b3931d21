package kit

import (
	"fmt"
	"strings"
	"time"
)

// details is the markdown table that the Temporal UI shows as Current Details.
// Its values are codes, names of deadlines and steps, instants and amounts.
func (c *Core) details(face Face) string {
	var text strings.Builder
	row := func(label, value string) {
		if value != "" {
			text.WriteString("| " + label + " | " + cell(value) + " |\n")
		}
	}
	text.WriteString("| | |\n|---|---|\n")
	row("Stage", face.Stage)
	row("Since", stamp(face.Since))
	row("Control", c.common.Control)
	row("Blocked by", strings.Join(face.BlockedBy, ", "))
	row("Waits for", c.WaitsFor())
	row("Money", face.MoneyLine)
	row("About", face.About)
	row("Attention", strings.Join(c.common.Attention, ", "))
	for i, deadline := range c.NextDeadlines() {
		if i == 3 {
			break
		}
		row("Next", fmt.Sprintf("%s at %s: %s", deadline.Name, stamp(deadline.At), deadline.Consequence))
	}
	for i, outcome := range lastFirst(c.common.Outcomes, 5) {
		row(fmt.Sprintf("Command %d", i+1), fmt.Sprintf("%s by %s at %s: %s", outcome.Command, outcome.Actor, stamp(outcome.At), outcome.Status))
	}
	return text.String()
}

// cell keeps a value inside its table cell.
func cell(value string) string {
	return strings.NewReplacer("|", "/", "\n", " ", "\r", " ").Replace(value)
}

func lastFirst[T any](items []T, limit int) []T {
	var list []T
	for i := len(items) - 1; i >= 0 && len(list) < limit; i-- {
		list = append(list, items[i])
	}
	return list
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
