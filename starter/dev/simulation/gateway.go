package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

const (
	// liveFor is how long a batch is sent as one of now; later it is backfill.
	liveFor = 5 * time.Second
	// keeps is how many batches a gateway keeps that were not answered: ten minutes.
	keeps = 600
	// sendWithin bounds one request.
	sendWithin = 3 * time.Second
)

// Gateway sends the batches of one monitor, the oldest first, and keeps what was
// not answered. It is not for several goroutines at once.
type Gateway struct {
	// URL is the telemetry process's, and Key the device's.
	URL, Key string
	Client   *http.Client
	// Answered is told of each answer: its status, or 0, and how long it took.
	Answered func(status int, took time.Duration)

	kept    []kept
	Dropped int // batches that there was no room for
}

type kept struct {
	batch reading.Batch
	since time.Time
}

// Send sends a batch after those that wait. An error says why some wait still; the
// next call tries them again.
func (g *Gateway) Send(ctx context.Context, batch reading.Batch, now time.Time) error {
	g.kept = append(g.kept, kept{batch, now})
	if len(g.kept) > keeps {
		g.kept, g.Dropped = g.kept[1:], g.Dropped+1
	}
	for len(g.kept) > 0 {
		oldest := g.kept[0]
		// One that was stored and not answered conflicts with its backfill: it is
		// there already.
		oldest.batch.Backfill = now.Sub(oldest.since) > liveFor
		if err := g.post(ctx, oldest.batch); err != nil {
			return err
		}
		g.kept = g.kept[1:]
	}
	return nil
}

// Waiting is how many batches were not answered yet.
func (g *Gateway) Waiting() int { return len(g.kept) }

// post sends one batch. A refusal is final: the same batch would be refused again.
func (g *Gateway) post(ctx context.Context, batch reading.Batch) error {
	body, err := reading.Encode(batch)
	if err != nil {
		return fmt.Errorf("encode batch %d of %s: %w", batch.Sequence, batch.Device, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(g.URL, "/")+"/telemetry/v1/readings", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send readings: %w", err)
	}
	begun := time.Now()
	request.Header = reading.Sign(g.Key, batch, body, begun)
	request.Header.Set("Content-Type", "application/json")
	answer, err := g.Client.Do(request)
	if err != nil {
		g.answered(0, begun)
		return fmt.Errorf("send readings: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, answer.Body)
	g.answered(answer.StatusCode, begun)
	if err != nil {
		return fmt.Errorf("send readings: read the answer: %w", err)
	}
	if answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests {
		return errors.New("send readings: answered " + answer.Status)
	}
	return nil
}

func (g *Gateway) answered(status int, begun time.Time) {
	if g.Answered != nil {
		g.Answered(status, time.Since(begun))
	}
}
