package integration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

// agrees compares the declaration with what the providers saw and what the
// workflows tell, never with a history.
func (w *walker) agrees() {
	w.t.Helper()
	s := w.scenario
	calls := plus(s.total(func(d declared) map[string]int { return d.Effects }), s.total(func(d declared) map[string]int { return d.Readings }), s.With)
	assert.Equal(w.t, calls, w.calls(func(sandbox.JournalEntry) bool { return true }), "calls in the sandbox's journal")
	for name, count := range s.total(func(d declared) map[string]int { return d.Effects }) {
		changed := w.calls(func(call sandbox.JournalEntry) bool { return call.Effect && !call.Duplicate })
		assert.Equal(w.t, count, changed[name], "effects in the sandbox's journal: %s", name)
	}
	facts := plus(s.total(func(d declared) map[string]int { return d.Facts }), s.Ignored)
	assert.Equal(w.t, facts, w.posted(), "webhooks posted")
	assert.Equal(w.t, w.commands, s.total(func(d declared) map[string]int { return d.Updates }), "updates sent")
	for name, d := range s.Workflows {
		w.consistent(name, d)
		w.noted(name, d)
		w.sent(name, d)
	}
}

// calls counts the journal's lines.
func (w *walker) calls(which func(sandbox.JournalEntry) bool) map[string]int {
	counts := map[string]int{}
	for _, call := range w.sandbox.Journal(sandbox.JournalFilter{}) {
		if which(call) {
			counts[call.Provider+" "+call.Operation]++
		}
	}
	return counts
}

// posted counts the facts of all webhooks; a batch holds several.
func (w *walker) posted() map[string]int {
	counts := map[string]int{}
	for _, webhook := range w.sandbox.Webhooks("") {
		for kind := range strings.SplitSeq(webhook.Type, ",") {
			counts[webhook.Provider+" "+kind]++
		}
	}
	return counts
}

// consistent checks what one workflow's declaration says of others.
func (w *walker) consistent(name string, d declared) {
	w.t.Helper()
	for sender, count := range d.Heard {
		assert.Equal(w.t, w.scenario.Workflows[sender].Told[name], count, "%s hears %s", name, sender)
	}
	for receiver, count := range d.Told {
		assert.Equal(w.t, w.scenario.Workflows[receiver].Heard[name], count, "%s tells %s", name, receiver)
	}
	for _, child := range d.Children {
		assert.True(w.t, w.scenario.Workflows[child].Child, "%s is started by %s", child, name)
	}
	for deadline, first := range d.Cancelled {
		assert.Positive(w.t, d.Facts[first]+d.Updates[first]+d.Heard[first], "%s: the deadline %q is said to be cancelled by %q, which is not declared", name, deadline, first)
	}
}

// noted compares stages and passed deadlines with what the workflows themselves
// have noted.
func (w *walker) noted(name string, d declared) {
	w.t.Helper()
	stages, waits := []string{}, []string{}
	for _, run := range w.runs(name) {
		for _, line := range w.lines(run) {
			switch line.Kind {
			case "stage":
				stages = append(stages, line.Text)
			case "deadline":
				deadline, _, _ := strings.Cut(line.Text, ": ")
				waits = append(waits, deadline)
			}
		}
	}
	assert.Equal(w.t, append([]string{}, d.Stages...), stages, "stages of %s", name)
	assert.Equal(w.t, append([]string{}, d.Waits...), waits, "deadlines of %s that passed", name)
}

// sent looks for each turn's message among those that the providers took.
func (w *walker) sent(name string, d declared) {
	w.t.Helper()
	var taken []string
	for _, message := range w.sandbox.Messages(sandbox.MessageFilter{}) {
		taken = append(taken, message.EffectKey)
	}
	for _, turn := range d.Turns {
		key := w.effectKey(w.runs(name)[0], turn)
		assert.True(w.t, slices.Contains(taken, key) || slices.Contains(taken, shortened(key, 16)), "%s: no message %q was sent at its turn", name, turn)
	}
}

// effectKey is how a mail names the step that it comes from. A text's callback
// has no room for it, and names its hash.
func (w *walker) effectKey(workflowID, step string) string {
	w.t.Helper()
	described, err := w.client.DescribeWorkflowExecution(context.Background(), workflowID, "")
	require.NoError(w.t, err)
	return fmt.Sprintf("%s/%s/%s/0", workflowID, shortened(described.GetWorkflowExecutionInfo().GetFirstRunId(), 12), step)
}

func shortened(text string, digits int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:digits]
}

func (w *walker) lines(workflowID string) []kit.Line {
	w.t.Helper()
	value, err := w.client.QueryWorkflow(context.Background(), workflowID, "", kit.QueryTimeline)
	require.NoError(w.t, err)
	var lines []kit.Line
	require.NoError(w.t, value.Get(&lines))
	return lines
}

// runs are the IDs of the scenario's workflows of one type. Claims are named by
// what only the house can compute, and so are asked for.
func (w *walker) runs(workflowType string) []string {
	w.t.Helper()
	kinds := map[string]string{journey.Type: "journey", payment.Type: "pay", appointment.Type: "appt", profile.Type: "guest"}
	if kind, fixed := kinds[workflowType]; fixed {
		return []string{w.relative(kind, w.id)}
	}
	var ids []string
	w.eventually(20*time.Second, "visibility shows every "+workflowType, func() bool {
		ids = nil
		for _, run := range (&recorder{house: w.house}).list(fmt.Sprintf("WorkflowType = '%s'", workflowType)) {
			ids = append(ids, run.GetExecution().GetWorkflowId())
		}
		return len(ids) == w.scenario.Workflows[workflowType].count()
	})
	slices.Sort(ids)
	return ids
}

// measure reads what the scenario has used, by workflow type.
func (w *walker) measure() map[string]cost {
	w.t.Helper()
	used := map[string]cost{}
	for _, name := range w.scenario.types() {
		var all cost
		for _, id := range w.runs(name) {
			all.add(measure(w.t, w.client, id, ""))
			assert.Empty(w.t, wasteful(eventsOf(w.t, w.client, id, "")), "upserts of %s", id)
		}
		used[name] = all
	}
	return used
}
