package dev

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guestjourney/internal/sandbox"
	"guestjourney/starter/follow"
)

// watcher prints a journey's stages, what it waits for and until when, every
// provider call and every webhook.
type watcher struct {
	temporal  connection
	providers *providers
	screen    *screen
	example   *example

	calls    int            // lines of the journal, printed so far
	webhooks map[string]int // attempts printed, by webhook
	fresh    []happening    // to be printed at the end of this look
	told     chan struct{}  // closed when the journey has nothing more to tell
}

// newWatcher starts after what is in the sandbox already.
func newWatcher(ctx context.Context, temporal connection, providers *providers, screen *screen, example *example) (*watcher, error) {
	w := &watcher{temporal: temporal, providers: providers, screen: screen, example: example, webhooks: map[string]int{}, told: make(chan struct{})}
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

// lastWords is how long the journey's last changes may take to be told after
// its end.
const lastWords = 5 * time.Second

// watch prints until the context ends, and what the sandbox saw once more
// after it.
func (w *watcher) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		defer close(w.told)
		if err := follow.Follow(ctx, w.temporal, w.temporal.data, w.example.id, w.tellJourney); err != nil {
			cancel(err)
		}
	}()
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			cancel(err)
		}
		if pause(ctx, pollEvery) != nil {
			<-w.told
			last, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer done()
			return errors.Join(unlessCancelled(context.Cause(ctx)), w.look(last))
		}
	}
}

// finish waits until the end of the journey has been told.
func (w *watcher) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	select {
	case <-w.told:
	case <-ctx.Done():
	}
}

func (w *watcher) look(ctx context.Context) error {
	w.fresh = nil
	err := errors.Join(w.lookAtCalls(ctx), w.lookAtWebhooks(ctx))
	w.screen.show(w.fresh)
	return err
}

func (w *watcher) tell(at time.Time, kind, format string, values ...any) {
	w.fresh = append(w.fresh, happening{at, kind, fmt.Sprintf(format, values...)})
}

// shown are the changes of a journey that are printed here. Its calls are
// printed from the sandbox's journal, which knows the provider's answer.
var shown = []string{follow.KindStage, follow.KindWaits, follow.KindMoney, follow.KindAttention, follow.KindNotice}

func (w *watcher) tellJourney(look follow.Look) {
	var list []happening
	for _, change := range look.Changes {
		if slices.Contains(shown, change.Kind) {
			list = append(list, happening{change.At, change.Kind, change.Text})
		}
	}
	w.screen.show(list)
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
