package audit

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"guestjourney/workflows/health"
)

// Markdown writes the report in the form that people read.
func (r Report) Markdown(out io.Writer) error {
	var text strings.Builder
	text.WriteString("# Integrations Audit Report\n\n" + r.At.Format(time.RFC3339) + "\n")
	r.writeClients(&text)
	rows := [][]string{{"Client", "Retry Max", "Backoff", "Circuit Threshold"}}
	for _, one := range r.Resilience {
		rows = append(rows, []string{one.Client, strconv.Itoa(one.RetryMax), one.Backoff, thresholds(one.Thresholds)})
	}
	section(&text, "Resilience Configuration", rows)
	rows = [][]string{{"Webhook", "HMAC", "Replay Protection", "Timestamp Check"}}
	for _, one := range r.Webhooks {
		rows = append(rows, []string{one.Webhook, one.HMAC.String(), one.Replay.String(), one.Timestamp.String()})
	}
	section(&text, "Webhook Security", rows)
	if len(r.Unconfigured) > 0 {
		text.WriteString("\nWithout a secret, and so refusing everything: " + strings.Join(r.Unconfigured, ", ") + ".\n")
	}
	rows = [][]string{{"ID", "Integration", "Issue", "Severity", "Fix"}}
	for _, one := range r.Issues {
		rows = append(rows, []string{one.ID, one.Integration, one.Issue, one.Severity, one.Fix})
	}
	section(&text, "Issues Found", rows)
	if len(r.Issues) == 0 {
		text.WriteString("\nNone.\n")
	}
	text.WriteString("\n## Quality Gate (Integrations): " + r.Gate + "\n")
	_, err := io.WriteString(out, text.String())
	return err
}

func (r Report) writeClients(text *strings.Builder) {
	rows := [][]string{{"Integration", "Circuit State", "Failures", "Last Success"}}
	for _, one := range r.Clients {
		rows = append(rows, []string{one.Integration, fmt.Sprintf("%s (%s)", one.State, counted(one.Workers, "worker")), strconv.Itoa(one.Failures), ago(one.LastSuccess, r.At)})
	}
	section(text, "Client Status", rows)
	text.WriteString("\nThe state is the worst of " + counted(r.Workers, "worker") + " that report.")
	for at, one := range r.Silent {
		word := ", "
		if at == 0 {
			word = " Silent: "
		}
		text.WriteString(word + one.Worker + " (last heard " + ago(one.HeardAt, r.At) + ")")
	}
	text.WriteString("\n")
}

// section is a table; its first row is the head.
func section(text *strings.Builder, title string, rows [][]string) {
	text.WriteString("\n## " + title + "\n\n")
	for at, row := range rows {
		text.WriteString("|")
		for _, value := range row {
			text.WriteString(" " + strings.NewReplacer("|", "\\|", "\n", " ").Replace(value) + " |")
		}
		text.WriteString("\n")
		if at == 0 {
			text.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
}

// String is a cell as a table shows it.
func (c Cell) String() string {
	switch c.Mark {
	case Yes:
		return "✅ " + c.About
	case No:
		return "❌ " + c.About
	}
	return "N/A: " + c.About
}

func thresholds(settings []health.Setting) string {
	texts := make([]string, len(settings))
	for at, one := range settings {
		texts[at] = fmt.Sprintf("%d failures, then open for %s", one.Threshold, one.OpenFor)
	}
	if len(texts) == 0 {
		return "unknown"
	}
	return strings.Join(texts, " or ")
}

func counted(number int, word string) string {
	if number != 1 {
		word += "s"
	}
	return strconv.Itoa(number) + " " + word
}

// ago is how long before now an instant was, in its largest unit.
func ago(at, now time.Time) string {
	since := now.Sub(at)
	switch {
	case at.IsZero():
		return "never"
	case since < time.Second:
		return "now"
	case since < time.Minute:
		return fmt.Sprintf("%d s ago", int(since.Seconds()))
	case since < time.Hour:
		return fmt.Sprintf("%d min ago", int(since.Minutes()))
	case since < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(since.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(since.Hours()/24))
}
