package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
)

// Bounds of the example.
const (
	exampleWithin = 2 * time.Minute
	// settleWithin is how long the last delivery reports may take to arrive.
	settleWithin = 10 * time.Second
)

// play runs one example journey to its end and returns how it differs from
// the scenario.
func play(ctx context.Context, s settings, temporal connection, screen *screen, wanted scenario) (*example, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, exampleWithin)
	defer cancel()
	example, err := newExample(s, wanted)
	if err != nil {
		return nil, nil, err
	}
	providers := newProviders(s.url(s.SandboxPort))
	watcher, err := newWatcher(ctx, temporal, providers, screen, example)
	if err != nil {
		return nil, nil, err
	}
	first := watcher.calls
	begun := time.Now()
	if err := example.start(ctx, temporal, wanted.Program); err != nil {
		return nil, nil, err
	}
	screen.line("start", "%s, program %s", example.id, wanted.Program)
	screen.line("stage", "%s", journey.StageCaptured)
	result, err := live(ctx, example, watcher,
		&guest{example: example, providers: providers, screen: screen, thinks: thinks},
		&staff{example: example, temporal: temporal, screen: screen, thinks: thinks})
	if err != nil {
		return example, nil, err
	}
	screen.line("result", "%s", result)
	differences, err := settle(ctx, wanted, result, func(ctx context.Context) (outcome, error) {
		return collect(ctx, providers, example, first, begun, result)
	})
	return example, differences, err
}

// player is somebody whom the journey waits for.
type player interface {
	play(ctx context.Context) error
}

// live lets watcher, players and journey go on side by side until the journey is
// over. It returns the journey's result as JSON.
func live(ctx context.Context, example *example, watcher *watcher, players ...player) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan error, 1)
	go func() {
		err := watcher.watch(ctx)
		cancel(err)
		watched <- err
	}()
	played := make(chan error, len(players))
	for _, player := range players {
		go func() {
			err := player.play(ctx)
			if err != nil {
				cancel(err)
			}
			played <- err
		}()
	}
	var result journey.Result
	err := example.run.Get(ctx, &result)
	if err == nil {
		watcher.finish(ctx)
	}
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	cancel(nil)
	var errPlayed error
	for range players {
		errPlayed = errors.Join(errPlayed, unlessCancelled(<-played))
	}
	errWatched := <-watched
	if err != nil {
		return nil, fmt.Errorf("the example has not come to its end: %w", errors.Join(err, errPlayed, errWatched))
	}
	if errWatched != nil {
		return nil, errWatched
	}
	return json.Marshal(result)
}

func unlessCancelled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// settle compares until there is no difference or no time left: delivery
// reports of the last messages are still on their way when the journey closes.
func settle(ctx context.Context, wanted scenario, result []byte, collect func(context.Context) (outcome, error)) ([]string, error) {
	deadline := time.Now().Add(settleWithin)
	for {
		found, err := collect(ctx)
		if err != nil {
			return nil, err
		}
		found.result = result
		differences, err := wanted.compare(found)
		if err != nil || len(differences) == 0 || time.Now().After(deadline) {
			return differences, err
		}
		if err := pause(ctx, pollEvery); err != nil {
			return differences, nil //nolint:nilerr // no time left: the differences are the answer
		}
	}
}

// collect takes this journey's calls out of the journal: older journeys of the
// same data may still be at work.
func collect(ctx context.Context, providers *providers, example *example, first int, begun time.Time, result []byte) (outcome, error) {
	calls, err := providers.calls(ctx)
	if err != nil {
		return outcome{}, err
	}
	texts, err := providers.messages(ctx, example.phone)
	if err != nil {
		return outcome{}, err
	}
	sent, err := providers.webhooks(ctx)
	if err != nil {
		return outcome{}, err
	}
	found := outcome{result: result}
	for _, call := range calls[min(first, len(calls)):] {
		if belongs(call, example, texts) {
			found.calls = append(found.calls, call)
		}
	}
	for _, webhook := range sent {
		if !webhook.QueuedAt.Before(begun) {
			found.webhooks = append(found.webhooks, webhook)
		}
	}
	return found, nil
}

// belongs: every effect key holds the journey's ID, but a text's, which is a
// hash and is found by the guest's number.
func belongs(call sandbox.JournalEntry, example *example, texts []sandbox.Message) bool {
	return strings.Contains(call.EffectKey, example.short) ||
		slices.ContainsFunc(texts, func(text sandbox.Message) bool { return call.ObjectID != "" && text.ID == call.ObjectID })
}
