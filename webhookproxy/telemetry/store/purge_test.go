package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

const day = 24 * time.Hour

func purge(t *testing.T, p *place) {
	s := p.open(t)
	lease := p.own(t, s, "s1")
	silent := transition(4)
	silent.PageKey = ""
	lease = commit(t, s, lease, transition(1), transition(2), transition(3), silent, transition(5))
	_, err := s.Commit(t.Context(), lease, store.Progress{Checkpoint: []byte("checkpoint"), Gaps: []store.Gap{{Device: "m1", Gap: reading.Gap{From: 1, To: 2}, FoundAt: p.clock.now()}}})
	require.NoError(t, err)
	require.NoError(t, s.Recall(t.Context(), "s1", 5))
	for _, number := range []uint64{1, 2, 4, 5} {
		require.NoError(t, s.Delivered(t.Context(), "s1", number))
	}
	for _, number := range []uint64{1, 3} {
		_, err := s.HandedOver(t.Context(), "s1", number, p.clock.now(), false)
		require.NoError(t, err)
	}
	add(t, s, p.second("device-of-s1", 1))
	p.clock.pass(2 * day)
	add(t, s, p.second("device-of-s1", 2))
	p.assign(t, s, "device-of-s1", store.Unassigned)
	require.NoError(t, s.End(t.Context(), "s1", p.clock.now()))

	purged, err := s.Purge(t.Context(), store.Retention{})
	require.NoError(t, err)
	require.Zero(t, purged, "no age is for good")
	policy := store.Retention{Readings: day, ECG: day, Transitions: day}
	purged, err = s.Purge(t.Context(), policy)
	require.NoError(t, err)
	require.Equal(t, store.Purged{Readings: 1, ECG: 1, Transitions: 3}, purged)
	require.Equal(t, []uint64{2}, tail(t, s, "s1"))
	found, err := s.Transitions(t.Context(), "s1", 0, 10)
	require.NoError(t, err)
	require.Equal(t, []uint64{2, 3}, numbers(found), "one with a page that nobody took, one that the workflow does not know")
	missing, err := s.Gaps(t.Context(), "s1")
	require.NoError(t, err)
	require.Empty(t, missing)
	got, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, "checkpoint", string(got.Checkpoint), "the session has not ended for long")
	kept, err := s.Session(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, settings("s1"), kept.Settings)

	p.clock.pass(2 * day)
	_, err = s.Purge(t.Context(), policy)
	require.NoError(t, err)
	again, err := s.Acquire(t.Context(), "s1")
	require.NoError(t, err)
	require.Nil(t, again.Checkpoint)
	kept, err = s.Session(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, store.Session{Name: "s1", EndedAt: start.Add(2 * day)}, kept)
	require.Greater(t, again.Epoch, got.Epoch)
	was, err := s.Assigned(t.Context(), "device-of-s1", start)
	require.NoError(t, err)
	require.True(t, was.Since.IsZero(), "forgotten")
	is, err := s.Assigned(t.Context(), "device-of-s1", p.clock.now())
	require.NoError(t, err)
	require.Equal(t, start.Add(2*day), is.Since, "the present one is not")
}

func purgeSteps(t *testing.T, p *place) {
	s := p.open(t)
	const count = 520 // a step is 500
	received := make([]store.Received, count)
	for i := range received {
		received[i].Batch = p.batch("m1", uint64(i+1))
	}
	_, err := s.Append(t.Context(), received...)
	require.NoError(t, err)
	p.clock.pass(day)
	add(t, s, p.batch("m1", count+1))
	purged, err := s.Purge(t.Context(), store.Retention{Readings: time.Hour})
	require.NoError(t, err)
	require.Equal(t, count, purged.Readings)
	require.Equal(t, []uint64{count + 1}, tail(t, s, store.Unassigned))
}
