package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

// costly are the scenarios of testdata/costs.json, as code.
var costly = map[string]struct {
	program programs.Program
	manual  bool // no provider tells by itself what became of a message
	walk    func(*walker)
}{
	"stay":         {program: measured(), walk: (*walker).stays},
	"cancellation": {program: measured(), walk: (*walker).cancels},
	"reschedule":   {program: measured(), walk: (*walker).reschedules},
	"no response":  {program: silent(), walk: (*walker).keepsSilent},
	"full stay":    {program: full(), manual: true, walk: (*walker).staysLong},
}

// measured is the quick program with its instants so far apart that no two of
// them meet in one task, on a slow machine too.
func measured() programs.Program {
	program := quick()
	program.Pace.StartToClose = seconds(30)
	program.Deadlines.BalanceBefore, program.Deadlines.ArrivalCheckBefore = seconds(6), seconds(3)
	program.Deadlines.LateWindow, program.Deadlines.AttendanceAfter = seconds(6), seconds(1)
	program.Length = seconds(8)
	program.Session.After = seconds(2)
	program.CheckIns = []options.Duration{seconds(2), seconds(4)}
	return program
}

func silent() programs.Program {
	program := measured()
	program.Deadlines.Conversing = seconds(15)
	return program
}

// full is a stay with 40 effects.
func full() programs.Program {
	program := measured()
	both := []string{"sms", "email"}
	program.Session.Reminders = []programs.Reminder{
		{Name: "28d", Before: seconds(12), Channels: both}, {Name: "7d", Before: seconds(10), Channels: both},
		{Name: "3d", Before: seconds(8), Channels: both}, {Name: "24h", Before: seconds(6), Channels: both},
		{Name: "1h", Before: seconds(4), Channels: both},
	}
	program.CheckIns = []options.Duration{seconds(2), seconds(4), seconds(6), seconds(8)}
	return program
}

// TestCosts plays every scenario of testdata/costs.json, one fact at a time. It
// holds what happened against the declaration, what that used against the
// formula, and both against the table.
func TestCosts(t *testing.T) {
	t.Parallel()
	update := os.Getenv("UPDATE_COSTS") == "1"
	list, table, runs := declarations(t), readCosts(t), &recorded{all: map[string]map[string]cost{}}
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range list {
			t.Run(s.Name, func(t *testing.T) {
				w := enter(t, s)
				costly[s.Name].walk(w)
				w.rest()
				w.agrees()
				used := w.measure()
				t.Logf("%+v", used)
				within(t, s, used)
				if !update {
					compare(t, s, table[s.Name], used)
				}
				runs.add(s, used)
			})
		}
	})
	if update && !t.Failed() {
		require.NoError(t, os.WriteFile(costsFile, []byte(runs.table(list)), 0o644)) //nolint:gosec // the table is public
	}
}

// walker plays a scenario.
type walker struct {
	*house
	t         *testing.T
	scenario  scenario
	id        string
	ids       []string
	commands  map[string]int // sent
	manual    bool
	delivered map[string]bool // messages, where the providers do not tell by themselves
}

// enter opens a scenario's house. Its journey's ID is as long as a real one.
func enter(t *testing.T, s scenario) *walker {
	way, found := costly[s.Name]
	require.True(t, found, "testdata/costs.json has a scenario that nobody can play: %q", s.Name)
	gate := newTurnstile(t)
	h := open(t, settings{program: way.program, manual: way.manual, env: []string{"PUBLIC_URL=" + gate.server.URL}})
	require.NoError(t, h.sandbox.SetProxyURL(gate.server.URL))
	const id = "journey/0000000000000000000000cost"
	w := &walker{house: h, t: t, scenario: s, id: id, commands: map[string]int{}, manual: way.manual, delivered: map[string]bool{}}
	for _, kind := range []string{"journey", "pay", "appt", "guest"} {
		w.ids = append(w.ids, h.relative(kind, id))
	}
	gate.guard(h, w.ids)
	return w
}

// rest waits until the house is quiet and every webhook has come through.
func (w *walker) rest() {
	w.t.Helper()
	awaitQuiet(w.t, w.client, w.ids...)
	if w.manual {
		w.delivers()
	}
	w.eventually(time.Minute, "every webhook has come through", func() bool {
		return !slices.ContainsFunc(w.sandbox.Webhooks(""), func(webhook sandbox.WebhookRecord) bool {
			// The proxy refuses what is for a workflow that has closed.
			return webhook.State != sandbox.WebhookDelivered && webhook.Status != http.StatusServiceUnavailable
		})
	})
	awaitQuiet(w.t, w.client, w.ids...)
}

// delivers tells what became of the messages so far.
func (w *walker) delivers() {
	w.t.Helper()
	for _, message := range w.sandbox.Messages(sandbox.MessageFilter{}) {
		if w.delivered[message.ID] {
			continue
		}
		w.delivered[message.ID] = true
		if message.Channel == "sms" {
			require.NoError(w.t, w.sandbox.SMSStatus(message.ID, "delivered", 0))
		} else {
			require.NoError(w.t, w.sandbox.EmailEvent(message.ID, "delivered", ""))
		}
	}
}

func (w *walker) begins() {
	w.t.Helper()
	_, err := w.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: w.id, TaskQueue: options.QueueJourneys},
		journey.Type, journey.Input{Lead: lead(1), Program: w.program.Code, Test: true})
	require.NoError(w.t, err)
	w.reaches(w.id, journey.StageConversing, time.Minute)
	w.rest()
}

// books leads the guest to the booked stay, which begins so long from the intake.
func (w *walker) books(arrival time.Duration) {
	w.t.Helper()
	began := time.Now()
	w.begins()
	if arrival == 0 { // a slow machine gets more time to come to the arrival
		arrival = max(14*time.Second, 4*time.Since(began))
	}
	_, err := w.sandbox.Consent(w.id, journey.PurposeHealth, true, "1")
	require.NoError(w.t, err)
	w.rest()
	_, err = w.sandbox.SubmitIntake(w.id, time.Now().Add(arrival).UTC().Format(time.RFC3339))
	require.NoError(w.t, err)
	w.reaches(w.id, journey.StageOffer, time.Minute)
	w.rest()
	_, err = w.sandbox.AcceptPolicy(w.id, "1", "203.0.113.7")
	require.NoError(w.t, err)
	w.rest()
	_, err = w.sandbox.AnswerOffer(w.id, "accepted")
	require.NoError(w.t, err)
	page := w.mailed(lead(1), "pay")
	w.rest()
	w.pay(page)
	w.reaches(w.id, journey.StagePreArrival, time.Minute)
	w.rest()
}

func (w *walker) ends(stage string) {
	w.t.Helper()
	require.Equal(w.t, stage, w.result(w.id, 3*time.Minute).Stage)
}

func (w *walker) stays() {
	w.books(0)
	w.ends(journey.StageCompleted)
}

func (w *walker) staysLong() {
	w.books(0)
	w.ends(journey.StageCompleted)
}

func (w *walker) cancels() {
	w.books(2 * time.Hour)
	w.rest()
	w.orders(kit.UpdateCancel, kit.Cancel{Envelope: operator("the guest called"), By: "guest"})
	w.ends(journey.StageCancelled)
	w.eventually(time.Minute, "the payment plan ends", func() bool { return w.closed(w.relative("pay", w.id)) })
}

func (w *walker) reschedules() {
	w.books(2 * time.Hour)
	w.rest()
	start := time.Now().Add(15 * time.Second).UTC().Truncate(time.Second)
	w.orders(kit.UpdateReschedule, kit.Reschedule{Envelope: operator("the doctor is ill"), Start: start.Format(time.RFC3339)})
	w.eventually(time.Minute, "the moved appointment ends", func() bool { return w.closed(w.relative("appt", w.id)) })
}

func (w *walker) keepsSilent() {
	w.begins()
	w.ends(journey.StageLost)
}

// orders sends an operator's command, alone.
func (w *walker) orders(name string, input any) {
	w.t.Helper()
	w.commands[name]++
	w.must(w.id, name, input)
}

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

// within holds what was used against the formula. A message that met another in
// its task saves that task's three events, and perhaps an upsert.
func within(t *testing.T, s scenario, used map[string]cost) {
	t.Helper()
	for name, d := range s.Workflows {
		bill, got := d.bill(), used[name]
		assert.LessOrEqual(t, got.Tasks, bill.tasks(), "%s: workflow tasks", name)
		assert.GreaterOrEqual(t, got.Tasks, bill.tasks()-d.MayMerge, "%s: fewer tasks than declared; declare what is shared", name)
		assert.LessOrEqual(t, got.Upserts, bill.upserts, "%s: upserts", name)
		assert.LessOrEqual(t, bill.upserts, d.visible(), "%s: more is said to be shown than can change", name)
		assert.Equal(t, bill.events()-3*bill.tasks()-bill.upserts, got.Events-3*got.Tasks-got.Upserts, "%s: events beside tasks and upserts", name)
		assert.Equal(t, bill.actions()-bill.upserts, got.Actions-got.Upserts, "%s: actions beside upserts", name)
	}
	if s.Promise == nil {
		return
	}
	assert.Equal(t, s.Promise.Effects, sum(s.total(func(d declared) map[string]int { return d.Effects })), "effects of the scenario")
	assert.Equal(t, s.Promise.Facts, sum(s.total(func(d declared) map[string]int { return d.Facts })), "facts of the scenario")
	assert.LessOrEqual(t, used[journey.Type].Events, s.Promise.Events, "events of the journey")
	assert.LessOrEqual(t, used[journey.Type].Bytes, s.Promise.Bytes, "bytes of the journey's history")
}
