package integration

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// walker plays a scenario.
type walker struct {
	*house
	t        *testing.T
	scenario scenario
	id       string
	ids      []string
	commands map[string]int // sent
	statuses int
	told     map[string]bool // messages, where the providers do not tell by themselves
}

// enter opens a scenario's house. Its journey's ID is as long as a real one.
func enter(t *testing.T, s scenario) *walker {
	way, found := walks[s.Name]
	require.True(t, found, "testdata/costs.json has a scenario that nobody can play: %q", s.Name)
	gate := newTurnstile(t)
	h := open(t, settings{program: way.program, manual: way.statuses > 0, env: []string{"PUBLIC_URL=" + gate.server.URL}})
	require.NoError(t, h.sandbox.SetProxyURL(gate.server.URL))
	const id = "journey/0000000000000000000000cost"
	w := &walker{house: h, t: t, scenario: s, id: id, commands: map[string]int{}, statuses: way.statuses, told: map[string]bool{}}
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
	w.delivers()
	w.eventually(time.Minute, "every webhook has come through", func() bool {
		return !slices.ContainsFunc(w.sandbox.Webhooks(""), func(webhook sandbox.WebhookRecord) bool {
			// The proxy refuses what is for a workflow that has closed.
			return webhook.State != sandbox.WebhookDelivered && webhook.Status != http.StatusServiceUnavailable
		})
	})
	awaitQuiet(w.t, w.client, w.ids...)
}

// delivers tells what became of the first messages, where the providers do not.
func (w *walker) delivers() {
	w.t.Helper()
	for _, message := range w.sandbox.Messages(sandbox.MessageFilter{}) {
		if w.told[message.ID] || len(w.told) >= w.statuses {
			continue
		}
		w.told[message.ID] = true
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

// firstBefore is how long before the arrival the stay is booked at the latest: a
// reminder is left out if a quarter of its lead does not lie before it as well.
const firstBefore = 14 * time.Second

// soon is an arrival that a slow machine is in time for as well.
const soon = 0

// toBook is how long the way to the booked stay may take. No measure of the
// machine's pace before it tells how slow the machine is later.
const toBook = 40 * time.Second

// books leads the guest to the booked stay, which begins so long from the intake.
func (w *walker) books(arrival time.Duration) {
	w.t.Helper()
	w.begins()
	if arrival == soon {
		arrival = firstBefore + toBook
	}
	_, err := w.sandbox.Consent(w.id, journey.PurposeHealth, true, "1")
	require.NoError(w.t, err)
	w.rest()
	_, err = w.sandbox.SubmitIntake(w.id, time.Now().Add(arrival).UTC().Format(time.RFC3339))
	require.NoError(w.t, err)
	if slices.Contains(w.program.Stages, journey.StageClearance) {
		w.isCleared()
	}
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

// isCleared leads the guest through questionnaire and review.
func (w *walker) isCleared() {
	w.t.Helper()
	w.reaches(w.id, journey.StageScreening, time.Minute)
	w.rest()
	_, err := w.sandbox.SendHealthForm(w.id, "form-1")
	require.NoError(w.t, err)
	w.reaches(w.id, journey.StageClearance, time.Minute)
	w.rest()
	w.commands[journey.UpdateApproveClearance]++
	w.clear(w.id)
}

func (w *walker) ends(stage string) {
	w.t.Helper()
	require.Equal(w.t, stage, w.result(w.id, 3*time.Minute).Stage)
}

func (w *walker) stays() {
	w.books(soon)
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
	start := time.Now().Add(18 * time.Second).UTC().Truncate(time.Second)
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
