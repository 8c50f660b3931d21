package record_test

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/ecg"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// memory is a record.Source without a database, for what is written many times, or
// fails. That the store gives the same is for the other tests.
type memory struct {
	batches     []store.Stored
	strips      []reading.Strip
	transitions []store.Entry
	lost        error // of ECG
}

func (w *world) memory() *memory {
	m := &memory{strips: w.strips}
	for i, one := range w.received {
		m.batches = append(m.batches, store.Stored{Position: int64(i + 1), Received: one})
	}
	return m
}

func (m *memory) Tail(_ context.Context, _ string, after int64, limit int) (found []store.Stored, err error) {
	for _, one := range m.batches {
		if one.Position > after && len(found) < limit {
			found = append(found, one)
		}
	}
	return found, nil
}

func (m *memory) Gaps(context.Context, string) ([]store.Gap, error) { return nil, nil }

func (m *memory) Transitions(_ context.Context, _ string, above uint64, limit int) (found []store.Entry, err error) {
	for _, one := range m.transitions {
		if one.Number > above && len(found) < limit {
			found = append(found, one)
		}
	}
	return found, nil
}

func (m *memory) ECGMinutes(context.Context, string) (minutes []time.Time, err error) {
	for _, strip := range m.strips {
		minutes = append(minutes, strip.At.Truncate(time.Minute))
	}
	slices.SortFunc(minutes, time.Time.Compare)
	return slices.CompactFunc(minutes, time.Time.Equal), nil
}

func (m *memory) ECG(_ context.Context, _ string, from, to time.Time) (found []reading.Strip, err error) {
	for _, strip := range m.strips {
		if strip.At.Before(to) && ecg.End(strip).After(from) {
			found = append(found, strip)
		}
	}
	return ecg.Join(found), m.lost
}

// entryOf is a transition as the store has it.
func entryOf(t checking, one detector.Transition) store.Entry {
	t.Helper()
	payload, err := json.Marshal(one)
	require.NoError(t, err)
	return store.Entry{Session: name, Transition: store.Transition{Number: one.Number, Payload: payload}, CreatedAt: one.At}
}

// growing is a source to which a batch is added whenever it was read to its end.
type growing struct{ *memory }

func (g growing) Tail(ctx context.Context, session string, after int64, limit int) ([]store.Stored, error) {
	found, err := g.memory.Tail(ctx, session, after, limit)
	if len(found) < limit {
		next := g.batches[len(g.batches)-1]
		next.Position++
		g.batches = append(g.batches, next)
	}
	return found, err
}
