package dev

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// watcher prints a journey's stages, what it waits for and until when, every
// provider call and every webhook.
type watcher struct {
	temporal  client.Client
	providers *providers
	screen    *screen
	example   *example

	timeline   []kit.Line // the stages, printed so far
	waits      string
	money      string
	attention  []string
	calls      int            // lines of the journal, printed so far
	webhooks   map[string]int // attempts printed, by webhook
	fresh      []happening    // to be printed at the end of this look
	unanswered int            // queries in a row that nobody answered
}

// tolerated is how many looks in a row a busy worker may leave unanswered.
const tolerated = 50

// newWatcher starts after what is in the sandbox already.
func newWatcher(ctx context.Context, temporal client.Client, providers *providers, screen *screen, example *example) (*watcher, error) {
	w := &watcher{temporal: temporal, providers: providers, screen: screen, example: example, webhooks: map[string]int{}}
	calls, err := providers.calls(ctx)
	if err != nil {
		return nil, err
	}
	sent, err := providers.webhooks(ctx)
	if err != nil {
		return nil, err
	}
	w.calls = len(calls)
	for _, webhook := range sent {
		w.webhooks[webhook.ID] = webhook.Attempts
	}
	return w, nil
}

// watch prints until the context ends, and once more after it.
func (w *watcher) watch(ctx context.Context) error {
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if pause(ctx, pollEvery) != nil {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			return w.look(last)
		}
	}
}

func (w *watcher) look(ctx context.Context) error {
	w.fresh = nil
	err := errors.Join(w.lookAtCalls(ctx), w.lookAtWebhooks(ctx), w.lookAtJourney(ctx))
	w.screen.show(w.fresh)
	return err
}

func (w *watcher) tell(at time.Time, kind, format string, values ...any) {
	w.fresh = append(w.fresh, happening{at, kind, fmt.Sprintf(format, values...)})
}

func (w *watcher) lookAtJourney(ctx context.Context) error {
	var timeline []kit.Line
	var status journey.Overview
	err := errors.Join(w.ask(ctx, kit.QueryTimeline, &timeline), w.ask(ctx, kit.QueryStatus, &status))
	if err != nil {
		return w.tolerate(ctx, err)
	}
	w.unanswered = 0
	w.tellTimeline(timeline)
	w.tellStatus(status)
	return nil
}

func (w *watcher) ask(ctx context.Context, query string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	value, err := w.temporal.QueryWorkflow(ctx, w.example.id, "", query)
	if err != nil {
		return err
	}
	return value.Get(into)
}

// tolerate lets a busy worker answer at a later look. A query that the
// workflow itself refuses is an error at once.
func (w *watcher) tolerate(ctx context.Context, err error) error {
	var refused *serviceerror.QueryFailed
	w.unanswered++
	if errors.As(err, &refused) || (w.unanswered > tolerated && ctx.Err() == nil) {
		return fmt.Errorf("ask %s where it stands: %w", w.example.id, err)
	}
	return nil
}

// tellTimeline prints the stages; none is missed between two looks.
func (w *watcher) tellTimeline(timeline []kit.Line) {
	for _, line := range timeline {
		if line.Kind == "stage" && !slices.Contains(w.timeline, line) {
			w.tell(line.At, "stage", "%s", line.Text)
			w.timeline = append(w.timeline, line)
		}
	}
}

func (w *watcher) tellStatus(status journey.Overview) {
	now := time.Now()
	if waits := waitsFor(status); waits != "" && waits != w.waits {
		w.waits = waits
		w.tell(now, "waits", "%s", waits)
	}
	if status.Money.State != w.money {
		w.money = status.Money.State
		w.tell(now, "money", "%s: %d captured, %d refunded (minor units)", status.Money.State, status.Money.CapturedMinor, status.Money.RefundedMinor)
	}
	for _, reason := range status.Attention {
		if !slices.Contains(w.attention, reason) {
			w.tell(now, "attention", "%s", reason)
		}
	}
	w.attention = status.Attention
}

// waitsFor says what the journey waits for, until when, and what happens then.
// A step that is under way is no wait: its call is printed.
func waitsFor(status journey.Overview) string {
	for _, deadline := range status.NextDeadlines {
		if strings.HasPrefix(status.WaitsFor, deadline.Name+" until ") {
			return fmt.Sprintf("%s, then: %s", status.WaitsFor, deadline.Consequence)
		}
	}
	return ""
}

func (w *watcher) lookAtCalls(ctx context.Context) error {
	calls, err := w.providers.calls(ctx)
	if err != nil {
		return err
	}
	for _, call := range calls[min(w.calls, len(calls)):] {
		w.calls = call.Line
		w.tell(call.At, "call", "%s %s -> %s", call.Provider, call.Operation, answerOf(call))
	}
	return nil
}

func answerOf(call sandbox.JournalEntry) string {
	text := fmt.Sprint(call.Status)
	if call.Status == 0 {
		text = "no answer"
	}
	if call.Duplicate {
		text += " (seen before, no new effect)"
	}
	if call.Fault != "" {
		text += " (fault: " + call.Fault + ")"
	}
	return text
}

func (w *watcher) lookAtWebhooks(ctx context.Context) error {
	sent, err := w.providers.webhooks(ctx)
	if err != nil {
		return err
	}
	for _, webhook := range sent {
		if webhook.Attempts == w.webhooks[webhook.ID] {
			continue
		}
		w.webhooks[webhook.ID] = webhook.Attempts
		w.tell(webhook.QueuedAt, "webhook", "%s %s -> %s", webhook.Provider, webhook.Type, webhookAnswer(webhook))
	}
	return nil
}

func webhookAnswer(webhook sandbox.WebhookRecord) string {
	if webhook.State == sandbox.WebhookDelivered {
		return fmt.Sprint(webhook.Status)
	}
	return fmt.Sprintf("%d, attempt %d, %s", webhook.Status, webhook.Attempts, webhook.State)
}
